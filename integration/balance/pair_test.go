// Package balance tests through the real binary where streams go: that hashes
// place keys where HAProxy places them, that turns follow weights, and that
// servers come and go by their health.
package balance

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// origins starts servers that answer with their names, s1, s2 and so on, and
// gives their ports.
func origins(t *testing.T, n int) []string {
	t.Helper()
	var ports []string
	for i := range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("s%d", i+1)
		s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, err := io.WriteString(w, name); err != nil {
				t.Error(err)
			}
		})}
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
		_, port, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port)
	}
	return ports
}

// freePorts gives n different ports.
func freePorts(t *testing.T, n int) []string {
	t.Helper()
	taken := map[string]bool{}
	for len(taken) < n {
		taken[lab.Port(t)] = true
	}
	return slices.Collect(maps.Keys(taken))
}

// setting is a way to balance, in both languages.
type setting struct {
	name    string
	toml    string // keys of the backend
	haproxy string // lines of the listen section
	weights []int
	keys    keys // what differs from request to request

	fairleadPort, haproxyPort string
}

// pair runs Fairlead and HAProxy with a proxy for each setting.
func pair(t *testing.T, settings []*setting) {
	t.Helper()
	most := 0
	for _, s := range settings {
		most = max(most, len(s.weights))
	}
	ports := origins(t, most)
	var ours, theirs strings.Builder
	ours.WriteString("[defaults]\nmode = \"http\"\ntimeout = { connect = \"20s\", client = \"60s\", server = \"60s\" }\n")
	theirs.WriteString("defaults\n mode http\n timeout connect 20s\n timeout client 60s\n timeout server 60s\n")
	free := freePorts(t, 2*len(settings))
	for i, s := range settings {
		s.fairleadPort, s.haproxyPort = free[2*i], free[2*i+1]
		fmt.Fprintf(&ours, "[frontend.f%d]\nbind = \"127.0.0.1:%s\"\ndefault-backend = \"b%d\"\n[backend.b%d]\n%s\n", i, s.fairleadPort, i, i, s.toml)
		fmt.Fprintf(&theirs, "listen l%d\n bind 127.0.0.1:%s\n %s\n", i, s.haproxyPort, strings.ReplaceAll(s.haproxy, "\n", "\n "))
		for j, w := range s.weights {
			fmt.Fprintf(&ours, "server.s%d = { address = \"127.0.0.1:%s\", weight = %d }\n", j+1, ports[j], w)
			fmt.Fprintf(&theirs, " server s%d 127.0.0.1:%s weight %d\n", j+1, ports[j], w)
		}
	}
	lab.HAProxy(t, theirs.String(), settings[len(settings)-1].haproxyPort)
	lab.Fairlead(t, ours.String())
}

// asker sends requests over connections that it keeps, one for each source address.
type asker struct{ bySource map[string]*http.Client }

func newAsker(t *testing.T) *asker {
	a := &asker{map[string]*http.Client{}}
	t.Cleanup(func() {
		for _, c := range a.bySource {
			c.CloseIdleConnections()
		}
	})
	return a
}

// request is what a client asks.
type request struct {
	source string // the client's address, "" for any
	path   string
	header string // "Name: value", or ""
}

// ask sends a request to the port and gives the name of the server that answered.
func (a *asker) ask(t *testing.T, port string, r request) string {
	t.Helper()
	c := a.bySource[r.source]
	if c == nil {
		d := &net.Dialer{Timeout: time.Minute}
		if r.source != "" {
			d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(r.source)}
		}
		c = &http.Client{Transport: &http.Transport{DialContext: d.DialContext}, Timeout: time.Minute}
		a.bySource[r.source] = c
	}
	req, err := http.NewRequest("GET", "http://127.0.0.1:"+port+r.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if name, value, ok := strings.Cut(r.header, ": "); ok {
		if name == "Host" {
			req.Host = value
		} else {
			req.Header.Set(name, value)
		}
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return resp.Status
	}
	return string(b)
}
