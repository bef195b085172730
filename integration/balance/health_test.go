package balance

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// patient is an origin whose health and answers the test sets.
type patient struct {
	at     string // host and port
	ill    atomic.Bool
	broken atomic.Bool // answers 500 to requests, while checks succeed
}

// patients starts n origins, which answer with their names and at /healthz with
// how they are.
func patients(t *testing.T, n int) []*patient {
	t.Helper()
	list := make([]*patient, n)
	for i := range list {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p := &patient{at: l.Addr().String()}
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/healthz" && p.ill.Load() || r.URL.Path != "/healthz" && p.broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
			if _, err := io.WriteString(w, fmt.Sprintf("s%d", i+1)); err != nil {
				t.Error(err)
			}
		})}
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
		list[i] = p
	}
	return list
}

// backend runs Fairlead with a backend of the patients, and gives its port. Checks
// have more time than usual: a busy machine must not look like an ill server.
func backend(t *testing.T, list []*patient, keys string) (*lab.Process, string) {
	t.Helper()
	port := lab.Port(t)
	config := `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", check = "20s", client = "60s", server = "60s" }
[frontend.web]
bind = "127.0.0.1:` + port + `"
default-backend = "app"
[backend.app]
` + keys
	for i, p := range list {
		config += fmt.Sprintf("server.s%d = { address = %q, weight = 100 }\n", i+1, p.at)
	}
	return lab.Fairlead(t, config), port
}

// share asks n times and gives how often each server answered.
func share(t *testing.T, port string, n int) map[string]int {
	t.Helper()
	a := newAsker(t)
	var got []string
	for range n {
		got = append(got, a.ask(t, port, request{path: "/"}))
	}
	return count(got)
}

// A server leaves when its checks fail, and comes back when they succeed.
func TestHTTPCheck(t *testing.T) {
	list := patients(t, 3)
	f, port := backend(t, list, `check = { type = "http", path = "/healthz", inter = "300ms", rise = 3, fall = 2 }`+"\n")
	if got := share(t, port, 30); got["s2"] != 10 {
		t.Fatalf("shares are %v", got)
	}
	list[1].ill.Store(true)
	lab.Until(t, 10*time.Second, "s2 is down", func() bool { return strings.Contains(f.Output(), "Server app/s2 is DOWN") })
	if got := share(t, port, 30); got["s2"] != 0 || got["s1"] != 15 {
		t.Errorf("while s2 is down, shares are %v", got)
	}
	list[1].ill.Store(false)
	lab.Until(t, 10*time.Second, "s2 is up", func() bool { return strings.Contains(f.Output(), "Server app/s2 is UP") })
	if got := share(t, port, 30); got["s2"] != 10 {
		t.Errorf("since s2 is up, shares are %v", got)
	}
}

// With observe, errors of streams take a server out while its checks succeed.
func TestObserve(t *testing.T) {
	list := patients(t, 2)
	list[1].broken.Store(true)
	f, port := backend(t, list, `check = { type = "http", path = "/healthz", inter = "1m" }
default-server = { observe = "layer7", error-limit = 3, on-error = "mark-down" }
`)
	got := share(t, port, 40)
	if got["500 Internal Server Error"] != 3 || got["s1"] != 37 {
		t.Errorf("answers were %v", got)
	}
	lab.Until(t, 10*time.Second, "the log says that s2 is down", func() bool { return strings.Contains(f.Output(), "Server app/s2 is DOWN") })
}

// A server that comes back is spared at first, with slowstart.
func TestSlowStart(t *testing.T) {
	list := patients(t, 2)
	list[1].ill.Store(true)
	f, port := backend(t, list, `check = { type = "http", path = "/healthz", inter = "300ms", rise = 1, fall = 1 }
default-server = { slowstart = "5s" }
`)
	lab.Until(t, 10*time.Second, "s2 is down", func() bool { return strings.Contains(f.Output(), "Server app/s2 is DOWN") })
	begin := time.Now()
	list[1].ill.Store(false)
	lab.Until(t, 10*time.Second, "s2 is up", func() bool { return strings.Contains(f.Output(), "Server app/s2 is UP") })
	got := share(t, port, 60)
	if took := time.Since(begin); took < time.Second && got["s2"] > 20 {
		t.Errorf("just after its return, shares are %v", got)
	}
	lab.Until(t, 15*time.Second, "s2 has its full share", func() bool { return share(t, port, 60)["s2"] == 30 })
	if took := time.Since(begin); took < 4*time.Second {
		t.Errorf("s2 had its full share after %v of 5s", took)
	}
}

// When a server is down, the keys are where HAProxy has them then: with
// map-based hashes nearly all elsewhere, with consistent ones only its own.
func TestPlacementWithoutAServer(t *testing.T) {
	for _, method := range []string{"map-based", "consistent"} {
		t.Run(method, func(t *testing.T) {
			list := patients(t, 4)
			_, ours := backend(t, list, `balance = { type = "hdr", name = "x-id" }
hash-type = "`+method+`"
check = { type = "http", path = "/healthz", inter = "300ms", fall = 1 }
`)
			theirs := lab.Port(t)
			config := `
defaults
	mode http
	timeout connect 20s
	timeout check 20s
	timeout client 60s
	timeout server 60s
listen web
	bind 127.0.0.1:` + theirs + `
	balance hdr(x-id)
	hash-type ` + method + `
	option httpchk GET /healthz
	default-server check inter 300ms fall 1 weight 100
`
			for i, p := range list {
				config += fmt.Sprintf("\tserver s%d %s\n", i+1, p.at)
			}
			lab.HAProxy(t, config, theirs)
			a := newAsker(t)
			place := func(port string) (at []string) {
				for n := range 60 {
					at = append(at, a.ask(t, port, byHeader(n)))
				}
				return at
			}
			before := place(ours)
			if x, y := fmt.Sprint(before), fmt.Sprint(place(theirs)); x != y {
				t.Errorf("keys are at\n%s, with HAProxy at\n%s", x, y)
			}
			list[1].ill.Store(true)
			var after []string
			for _, port := range []string{theirs, ours} {
				lab.Until(t, 10*time.Second, "no key is at s2", func() bool {
					after = place(port)
					return count(after)["s2"] == 0
				})
			}
			if x, y := fmt.Sprint(after), fmt.Sprint(place(theirs)); x != y {
				t.Errorf("without s2 keys are at\n%s, with HAProxy at\n%s", x, y)
			}
			moved := 0
			for n := range before {
				if before[n] != after[n] && before[n] != "s2" {
					moved++
				}
			}
			if (moved == 0) != (method == "consistent") {
				t.Errorf("%d keys of other servers moved", moved)
			}
		})
	}
}
