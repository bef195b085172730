// Package mptcp proves Multipath TCP with real namespaces, links and kernels: a
// transfer goes on when a path is cut, on the client's and on the server's side,
// and several paths carry more than one.
package mptcp

import (
	"crypto/sha256"
	"fmt"
	"io"
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
