// Package mptcp proves Multipath TCP with real namespaces, links and kernels: a
// transfer goes on when a path is cut, on the client's and on the server's side,
// and several paths carry more than one.
package mptcp

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// fairlead runs the binary in the proxy's namespace.
func (n *network) fairlead(config string) *lab.Process {
	n.t.Helper()
	dir := n.t.TempDir()
	file := filepath.Join(dir, "lb.toml")
	lab.Write(n.t, file, "[global]\nstats-socket = \""+filepath.Join(dir, "admin.sock")+"\"\n"+config)
	p := n.start(n.proxy, lab.Binary(n.t), "run", "--config", file)
	p.Dir = dir
	lab.Until(n.t, 10*time.Second, "fairlead listens", func() bool { return strings.Contains(p.Output(), " listens at ") })
	return p
}

const logged = `
[[global.log]]
to = "stdout"
format = "%ST mptcp=%[fc_mptcp]/%[bc_mptcp] paths=%[fc_mptcp_subflows]/%[bc_mptcp_subflows] %B %ts"
[defaults]
log = "global"
timeout = { connect = "5s", client = "30s", server = "30s" }
`

// serve starts the server with so many bytes to send.
func (n *network) serve(address string, bytes int) {
	n.t.Helper()
	p := n.start(n.server, os.Args[0], "serve", address, strconv.Itoa(bytes))
	lab.Until(n.t, 10*time.Second, "the server listens", func() bool { return strings.Contains(p.Output(), "serving") })
}

// result is what a client reported.
type result struct {
	bytes, hash string
	took, stall time.Duration
	paths       int
	mptcp       bool
}

// fetch starts a client and gives a function that waits for its result.
func (n *network) fetch(address string, options ...string) func() result {
	n.t.Helper()
	p := n.start(n.client, os.Args[0], append([]string{"fetch", address}, options...)...)
	return func() result {
		n.t.Helper()
		if code := p.Wait(n.t, 60*time.Second); code != 0 {
			n.t.Fatalf("the client failed:\n%s", p.Output())
		}
		m := regexp.MustCompile(`result bytes=(\d+) hash=(\w+) ms=(\d+) stall=(\d+) paths=(\d+) mptcp=(\w+)`).FindStringSubmatch(p.Output())
		if m == nil {
			n.t.Fatalf("the client wrote:\n%s", p.Output())
		}
		number := func(s string) int {
			v, err := strconv.Atoi(s)
			if err != nil {
				n.t.Fatal(err)
			}
			return v
		}
		return result{m[1], m[2], time.Duration(number(m[3])) * time.Millisecond, time.Duration(number(m[4])) * time.Millisecond, number(m[5]), m[6] == "true"}
	}
}

// whole checks that a result is all that was sent.
func (r result) whole(t *testing.T, size int) {
	t.Helper()
	h := sha256.New()
	if _, err := io.Copy(h, pattern(size)); err != nil {
		t.Fatal(err)
	}
	if r.bytes != strconv.Itoa(size) || r.hash != fmt.Sprintf("%x", h.Sum(nil)[:8]) {
		t.Errorf("%s bytes with the hash %s came, of %d", r.bytes, r.hash, size)
	}
}

// cut takes a link down, and up again; the kernel's path manager is told of the
// address anew, as a network manager does.
func (n *network) cut(ns, dev string) { n.in(ns, "ip", "link", "set", dev, "down") }

func (n *network) mend(ns, dev, addr string) {
	n.in(ns, "ip", "link", "set", dev, "up")
	for _, line := range strings.Split(n.in(ns, "ip", "mptcp", "endpoint", "show"), "\n") {
		if f := strings.Fields(line); len(f) > 2 && f[0] == addr {
			n.in(ns, "ip", "mptcp", "endpoint", "del", "id", f[2])
		}
	}
	n.endpoint(ns, addr, dev, "subflow")
}

// A transfer of 200 MB outlives the loss of its first path and later of its
// second, on each side, in each mode.
func TestPathsCut(t *testing.T) {
	const size = 200 << 20
	for _, side := range []string{"client", "server"} {
		for _, mode := range []string{"tcp", "http"} {
			t.Run(side+" "+mode, func(t *testing.T) {
				n := newNetwork(t, "200mbit")
				n.serve("10.2.1.2:9000", size)
				f := n.fairlead(logged + `
[listen.big]
mode = "` + mode + `"
bind = "mptcp@10.1.1.1:8000"
servers = ["mptcp@10.2.1.2:9000"]
`)
				ns, first, second, firstAddr, secondAddr := n.client, "c1", "c2", "10.1.1.2", "10.1.2.2"
				peer, peerAddr, peerDev := n.proxy, "10.1.2.1", "p2"
				if side == "server" {
					ns, first, second, firstAddr, secondAddr = n.proxy, "p3", "p4", "10.2.1.1", "10.2.2.1"
					peer, peerAddr, peerDev = n.server, "10.2.2.2", "s2"
				}
				n.endpoint(ns, secondAddr, second, "subflow", "fullmesh")
				n.endpoint(peer, peerAddr, peerDev, "signal")
				options := []string{}
				if mode == "http" {
					options = append(options, "http")
				}
				wait := n.fetch("10.1.1.1:8000", options...)
				time.Sleep(1500 * time.Millisecond)
				n.cut(ns, first)
				time.Sleep(1500 * time.Millisecond)
				n.mend(ns, first, firstAddr)
				time.Sleep(1500 * time.Millisecond)
				n.cut(ns, second)
				r := wait()
				r.whole(t, size)
				t.Logf("%v, longest stall %v, up to %d paths on the client's side", r.took, r.stall, r.paths)
				if !r.mptcp {
					t.Error("the client spoke plain TCP")
				}
				lab.Until(t, 10*time.Second, "the handover is logged", func() bool { return strings.Contains(f.Output(), "mptcp=1/1") })
			})
		}
	}
}

// Two links carry more than 1.6 times what one does.
func TestBandwidth(t *testing.T) {
	const size = 30 << 20
	rate := func(two bool) float64 {
		n := newNetwork(t, "50mbit")
		n.serve("10.2.1.2:9000", size)
		n.fairlead(logged + `
[listen.big]
bind = "mptcp@10.1.1.1:8000"
servers = ["mptcp@10.2.1.2:9000"]
`)
		if two {
			n.endpoint(n.client, "10.1.2.2", "c2", "subflow", "fullmesh")
			n.endpoint(n.proxy, "10.1.2.1", "p2", "signal")
			n.endpoint(n.proxy, "10.2.2.1", "p4", "subflow", "fullmesh")
			n.endpoint(n.server, "10.2.2.2", "s2", "signal")
		}
		r := n.fetch("10.1.1.1:8000")()
		r.whole(t, size)
		return float64(size) * 8 / r.took.Seconds() / 1e6
	}
	one := rate(false)
	lab.Attempts(t, 3, func() error { // a busy machine cannot fill two links
		two := rate(true)
		t.Logf("one link %.1f Mbit/s, two links %.1f Mbit/s: %.2f times as much", one, two, two/one)
		if two < 1.6*one {
			return fmt.Errorf("two links carry %.2f times what one does", two/one)
		}
		return nil
	})
}

// What else may happen on the way: other address families, a backup path, and
// peers or networks without MPTCP.
func TestCircumstances(t *testing.T) {
	const size = 20 << 20
	listen := func(bind, server string) string {
		return logged + "[listen.big]\nbind = \"" + bind + "\"\nservers = [\"" + server + "\"]\n"
	}
	for _, c := range []struct {
		name         string
		bind, server string
		serve, fetch string
		prepare      func(n *network)
		cut          bool // c1 goes down in the middle
		options      []string
		mptcp        bool   // as the client sees it
		log          string // fc_mptcp and bc_mptcp
	}{
		{
			name: "IPv6", bind: "mptcp6@[::]:8000", server: "mptcp@[fd00:2:1::2]:9000", serve: "[fd00:2:1::2]:9000", fetch: "[fd00:1:1::1]:8000",
			prepare: func(n *network) {
				n.endpoint(n.client, "fd00:1:2::2", "c2", "subflow", "fullmesh")
				n.endpoint(n.proxy, "fd00:1:2::1", "p2", "signal")
			},
			cut: true, mptcp: true, log: "mptcp=1/1",
		},
		{
			name: "a path of IPv4 and one of IPv6", bind: "mptcp@[::]:8000\", \"mptcp4@:8000", server: "mptcp4@10.2.1.2:9000", serve: "10.2.1.2:9000", fetch: "[fd00:1:1::1]:8000",
			prepare: func(n *network) {
				n.endpoint(n.client, "10.1.2.2", "c2", "subflow", "fullmesh")
				n.endpoint(n.proxy, "10.1.2.1", "p2", "signal")
			},
			cut: true, mptcp: true, log: "mptcp=1/1",
		},
		{
			name: "a backup path", bind: "mptcp@10.1.1.1:8000", server: "mptcp@10.2.1.2:9000", serve: "10.2.1.2:9000", fetch: "10.1.1.1:8000",
			prepare: func(n *network) {
				n.endpoint(n.client, "10.1.2.2", "c2", "subflow", "backup", "fullmesh")
				n.endpoint(n.proxy, "10.1.2.1", "p2", "signal")
			},
			cut: true, mptcp: true, log: "mptcp=1/1",
		},
		{
			name: "a client of plain TCP", bind: "mptcp@10.1.1.1:8000", server: "mptcp@10.2.1.2:9000", serve: "10.2.1.2:9000", fetch: "10.1.1.1:8000",
			options: []string{"plain"}, mptcp: false, log: "mptcp=0/1",
		},
		{
			name: "a client's kernel without MPTCP", bind: "mptcp@10.1.1.1:8000", server: "mptcp@10.2.1.2:9000", serve: "10.2.1.2:9000", fetch: "10.1.1.1:8000",
			prepare: func(n *network) { n.in(n.client, "sysctl", "-q", "-w", "net.mptcp.enabled=0") }, mptcp: false, log: "mptcp=0/1",
		},
		{
			name: "a server without MPTCP", bind: "mptcp@10.1.1.1:8000", server: "mptcp@10.2.1.2:9000", serve: "10.2.1.2:9000", fetch: "10.1.1.1:8000",
			prepare: func(n *network) { n.in(n.server, "sysctl", "-q", "-w", "net.mptcp.enabled=0") }, mptcp: true, log: "mptcp=1/0",
		},
		{
			name: "plain TCP on both sides", bind: "tcp@10.1.1.1:8000", server: "tcp@10.2.1.2:9000", serve: "10.2.1.2:9000", fetch: "10.1.1.1:8000",
			mptcp: false, log: "mptcp=0/0",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(t, "100mbit")
			if c.prepare != nil {
				c.prepare(n)
			}
			n.serve(c.serve, size)
			config := listen(c.bind, c.server)
			if strings.Contains(c.bind, ", ") {
				config = strings.Replace(config, "bind = \""+c.bind+"\"", "bind = [\""+c.bind+"\"]", 1)
			}
			f := n.fairlead(config)
			wait := n.fetch(c.fetch, c.options...)
			if c.cut {
				time.Sleep(700 * time.Millisecond)
				n.cut(n.client, "c1")
			}
			r := wait()
			r.whole(t, size)
			if r.mptcp != c.mptcp {
				t.Errorf("the client speaks MPTCP: %v, want %v", r.mptcp, c.mptcp)
			}
			t.Logf("%v, longest stall %v, up to %d paths", r.took, r.stall, r.paths)
			lab.Until(t, 10*time.Second, "the log says "+c.log, func() bool { return strings.Contains(f.Output(), c.log+" ") })
		})
	}
}

// Without MPTCP in the kernel the start fails and names the switch, unless plain
// TCP was allowed for: then there is one warning, and it works.
func TestKernelWithoutMPTCP(t *testing.T) {
	n := newNetwork(t, "100mbit")
	n.in(n.proxy, "sysctl", "-q", "-w", "net.mptcp.enabled=0")
	n.serve("10.2.1.2:9000", 1000)
	config := logged + "[listen.big]\nbind = \"mptcp@10.1.1.1:8000\"\nservers = [\"mptcp@10.2.1.2:9000\"]\n"
	file := filepath.Join(t.TempDir(), "lb.toml")
	lab.Write(t, file, config)
	p := n.start(n.proxy, lab.Binary(t), "run", "--config", file)
	if code := p.Wait(t, 10*time.Second); code != 2 || !strings.Contains(p.Output(), "sysctl -w net.mptcp.enabled=1") {
		t.Errorf("exit status %d\n%s", code, p.Output())
	}
	f := n.fairlead("mptcp-fallback = true\n" + config)
	r := n.fetch("10.1.1.1:8000")()
	r.whole(t, 1000)
	if strings.Count(f.Output(), "plain TCP is used") != 1 {
		t.Errorf("not one warning:\n%s", f.Output())
	}
}

// A thousand connections talk for half a minute while their paths come and go: none
// is lost, and nothing is left behind.
func TestFlaps(t *testing.T) {
	const connections, seconds = 1000, 35
	n := newNetwork(t, "1gbit")
	server := n.start(n.server, os.Args[0], "echo", "10.2.1.2:9000")
	lab.Until(t, 10*time.Second, "the server listens", func() bool { return strings.Contains(server.Output(), "serving") })
	f := n.fairlead(`
[listen.talk]
bind = "mptcp@10.1.1.1:8000"
timeout = { connect = "10s", client = "60s", server = "60s" }
servers = ["mptcp@10.2.1.2:9000"]
`)
	before := f.Descriptors(t)
	n.endpoint(n.client, "10.1.2.2", "c2", "subflow", "fullmesh")
	n.endpoint(n.proxy, "10.1.2.1", "p2", "signal")
	n.endpoint(n.proxy, "10.2.2.1", "p4", "subflow", "fullmesh")
	n.endpoint(n.server, "10.2.2.2", "s2", "signal")
	client := n.start(n.client, os.Args[0], "talk", "10.1.1.1:8000", strconv.Itoa(connections), strconv.Itoa(seconds))
	time.Sleep(8 * time.Second) // all have connected, and have their second paths
	links := []struct{ ns, dev, addr string }{
		{n.client, "c1", "10.1.1.2"}, {n.proxy, "p3", "10.2.1.1"}, {n.client, "c2", "10.1.2.2"}, {n.proxy, "p4", "10.2.2.1"},
	}
	flaps := 0
	for begin := time.Now(); time.Since(begin) < (seconds-12)*time.Second; flaps++ {
		l := links[rand.IntN(len(links))]
		n.cut(l.ns, l.dev)
		time.Sleep(700 * time.Millisecond)
		n.mend(l.ns, l.dev, l.addr)
		time.Sleep(3 * time.Second) // for the paths to be made again
	}
	client.Wait(t, 120*time.Second)
	m := regexp.MustCompile(`talked connections=1000 messages=(\d+) failures=0\n`).FindStringSubmatch(client.Output())
	if m == nil {
		t.Errorf("after %d flaps:\n%.3000s", flaps, client.Output())
	} else {
		t.Logf("%s messages over %d connections and %d flaps", m[1], connections, flaps)
	}
	lab.Until(t, 20*time.Second, "all descriptors are given back", func() bool { return f.Descriptors(t) <= before+2 })
}

// The same transfer through HAProxy, where the installed one knows mptcp@.
func TestHAProxy(t *testing.T) {
	program := lab.Need(t, "haproxy")
	out, _, _ := lab.Run(t, program, "-v")
	m := regexp.MustCompile(`version (\d+)\.(\d+)`).FindStringSubmatch(out)
	if m == nil || m[1] < "3" || m[1] == "3" && m[2] < "1" {
		t.Skipf("the installed HAProxy has no mptcp@, which came with 3.1: %.40s", out)
	}
	const size = 100 << 20
	n := newNetwork(t, "200mbit")
	n.serve("10.2.1.2:9000", size)
	n.endpoint(n.client, "10.1.2.2", "c2", "subflow", "fullmesh")
	n.endpoint(n.proxy, "10.1.2.1", "p2", "signal")
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	lab.Write(t, file, "defaults\n\ttimeout connect 5s\n\ttimeout client 30s\n\ttimeout server 30s\nlisten big\n\tbind mptcp@10.1.1.1:8000\n\tserver s1 mptcp@10.2.1.2:9000\n")
	n.start(n.proxy, program, "-db", "-f", file)
	time.Sleep(time.Second)
	wait := n.fetch("10.1.1.1:8000")
	time.Sleep(time.Second)
	n.cut(n.client, "c1")
	r := wait()
	r.whole(t, size)
	t.Logf("%v, longest stall %v", r.took, r.stall)
}

// Endpoints and limits of the configuration are in the kernel while the process
// runs, change at a reload, and are gone at its end; what others set stays.
func TestEndpointsOfTheConfiguration(t *testing.T) {
	n := newNetwork(t, "100mbit")
	n.in(n.proxy, "ip", "mptcp", "limits", "set", "subflow", "1", "add_addr_accepted", "1")
	n.endpoint(n.proxy, "10.2.1.1", "p3", "subflow")
	const rest = "[listen.x]\nbind = \"mptcp@:8000\"\ntimeout = { connect = \"5s\", client = \"5s\", server = \"5s\" }\nservers = [\"mptcp@10.2.1.2:9000\"]\n"
	f := n.fairlead("[global.mptcp]\nsubflows = 4\nadd-addr-accepted = 3\nendpoints = [\"10.1.2.1\", { address = \"10.2.2.1\", device = \"p4\", fullmesh = true }]\n" + rest)
	check := func(when string, wanted, unwanted []string) {
		t.Helper()
		out := n.in(n.proxy, "ip", "mptcp", "endpoint", "show") + n.in(n.proxy, "ip", "mptcp", "limits", "show")
		for _, w := range wanted {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q is not in\n%s", when, w, out)
			}
		}
		for _, w := range unwanted {
			if strings.Contains(out, w) {
				t.Errorf("%s: %q is in\n%s", when, w, out)
			}
		}
	}
	check("running", []string{"10.1.2.1 ", "10.2.2.1 ", "10.2.1.1 ", "fullmesh", "add_addr_accepted 3 subflows 4"}, nil)
	if out := n.in(n.proxy, lab.Binary(t), "mptcp", "status"); !strings.Contains(out, "10.2.2.1") || !strings.Contains(out, "subflows 4") {
		t.Errorf("mptcp status writes\n%s", out)
	}
	text, err := os.ReadFile(f.Config())
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, f.Config(), strings.Replace(string(text), "\"10.1.2.1\", ", "", 1))
	if _, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
		t.Fatalf("exit status %d\n%s", code, stderr)
	}
	lab.Until(t, 5*time.Second, "the endpoint is removed", func() bool {
		return !strings.Contains(n.in(n.proxy, "ip", "mptcp", "endpoint", "show"), "10.1.2.1 ")
	})
	check("after a reload", []string{"10.2.2.1 ", "10.2.1.1 ", "add_addr_accepted 3 subflows 4"}, nil)
	if _, stderr, code := lab.Run(t, lab.Binary(t), "stop", "--socket", f.Socket()); code != 0 {
		t.Fatalf("exit status %d\n%s", code, stderr)
	}
	f.Wait(t, 10*time.Second)
	check("at the end", []string{"10.2.1.1 ", "add_addr_accepted 1 subflows 1"}, []string{"10.2.2.1 ", "10.1.2.1 "})
}
