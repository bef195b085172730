package mptcp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// network is three hosts: a client and a server, each with two links to the
// proxy between them.
//
//	client  c1 10.1.1.2 ── p1 10.1.1.1  proxy  p3 10.2.1.1 ── s1 10.2.1.2  server
//	        c2 10.1.2.2 ── p2 10.1.2.1         p4 10.2.2.1 ── s2 10.2.2.2
//
// The same numbers make IPv6 addresses, as in fd00:1:1::2.
type network struct {
	t                     *testing.T
	client, proxy, server string // namespaces
}

// links are the pairs of interfaces, and the network of each.
var links = []struct{ a, b, net string }{
	{"c1", "p1", "1:1"}, {"c2", "p2", "1:2"}, {"p3", "s1", "2:1"}, {"p4", "s2", "2:2"},
}

// newNetwork makes the hosts, whose links carry rate, such as "100mbit", each way.
func newNetwork(t *testing.T, rate string) *network {
	t.Helper()
	lab.Need(t, "tc")
	n := &network{t: t, client: lab.Namespace(t), proxy: lab.Namespace(t), server: lab.Namespace(t)}
	for _, ns := range []string{n.client, n.proxy, n.server} {
		n.in(ns, "sysctl", "-q", "-w", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
		n.in(ns, "ip", "mptcp", "limits", "set", "subflow", "8", "add_addr_accepted", "8")
	}
	for i, l := range links {
		near, far := n.proxy, n.server
		nearHost, farHost := 1, 2
		if i < 2 {
			near, far, nearHost, farHost = n.client, n.proxy, 2, 1
		}
		n.in(near, "ip", "link", "add", l.a, "type", "veth", "peer", "name", l.b, "netns", far)
		for _, end := range []struct {
			ns, dev string
			host    int
		}{{near, l.a, nearHost}, {far, l.b, farHost}} {
			v4 := "10." + strings.ReplaceAll(l.net, ":", ".")
			n.in(end.ns, "ip", "addr", "add", fmt.Sprintf("%s.%d/24", v4, end.host), "dev", end.dev)
			n.in(end.ns, "ip", "addr", "add", fmt.Sprintf("fd00:%s::%d/64", l.net, end.host), "dev", end.dev, "nodad")
			n.in(end.ns, "ip", "link", "set", end.dev, "up")
			n.in(end.ns, "tc", "qdisc", "add", "dev", end.dev, "root", "tbf", "rate", rate, "burst", "64kb", "latency", "50ms")
		}
	}
	lab.Until(t, 10*time.Second, "IPv6 is ready", func() bool {
		for _, ns := range []string{n.client, n.proxy, n.server} {
			if n.in(ns, "ip", "-6", "addr", "show", "tentative") != "" || !strings.Contains(n.in(ns, "ip", "-6", "route"), "fd00:") {
				return false
			}
		}
		return true
	})
	return n
}

// in runs a command in a namespace.
func (n *network) in(ns string, args ...string) string {
	n.t.Helper()
	return lab.In(n.t, ns, args...)
}

// endpoint tells the kernel of a namespace of a further address.
func (n *network) endpoint(ns, addr, dev string, flags ...string) {
	n.t.Helper()
	n.in(ns, append([]string{"ip", "mptcp", "endpoint", "add", addr, "dev", dev}, flags...)...)
}

// start runs a program in a namespace, which ends with the test.
func (n *network) start(ns, program string, args ...string) *lab.Process {
	n.t.Helper()
	return lab.StartIn(n.t, ns, program, args...)
}
