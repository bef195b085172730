//go:build !portable

package protocol

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/relay"
)

var (
	plain     = Inet{Name: "tcp"}
	multipath = Inet{Name: "mptcp", Proto: unix.IPPROTO_MPTCP}
)

func bind(t testing.TB, text string) address.Address {
	t.Helper()
	list, err := address.ParseBind(text)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// listen opens listeners that end with the test.
func listen(t testing.TB, p Inet, text string, o ListenOptions) []Listener {
	t.Helper()
	list, err := p.Listen(bind(t, text), &o)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		t.Cleanup(func() { l.Close() })
	}
	return list
}

// at gives the IP address of a listener.
func at(t testing.TB, l Listener) netip.AddrPort {
	t.Helper()
	_, text, _ := strings.Cut(l.Addr(), "@")
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// meet connects to a listener and gives both ends.
func meet(t testing.TB, p Inet, l Listener, o DialOptions) (near, far *relay.Conn, info Accepted) {
	t.Helper()
	o.Timeout = 30 * time.Second
	type accepted struct {
		c   *relay.Conn
		err error
	}
	got := make(chan accepted, 1)
	go func() {
		c, err := l.Accept(&info)
		got <- accepted{c, err}
	}()
	near, err := p.Dial(Target{Addr: at(t, l)}, &o)
	if err != nil {
		t.Fatal(err)
	}
	a := <-got
	if a.err != nil {
		t.Fatal(a.err)
	}
	t.Cleanup(func() { near.Close(); a.c.Close() })
	return near, a.c, info
}

func optionOf(t testing.TB, fd, level, opt int) int {
	t.Helper()
	v, err := unix.GetsockoptInt(fd, level, opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A plain socket really is plain, where a program in Go gets MPTCP by default.
func TestSocketProtocol(t *testing.T) {
	for _, c := range []struct {
		listen, dial         Inet
		listening, near, far int
	}{
		{plain, plain, unix.IPPROTO_TCP, unix.IPPROTO_TCP, unix.IPPROTO_TCP},
		{plain, multipath, unix.IPPROTO_TCP, unix.IPPROTO_MPTCP, unix.IPPROTO_TCP},
		{multipath, plain, unix.IPPROTO_MPTCP, unix.IPPROTO_TCP, unix.IPPROTO_TCP},
		{multipath, multipath, unix.IPPROTO_MPTCP, unix.IPPROTO_MPTCP, unix.IPPROTO_MPTCP},
	} {
		l := listen(t, c.listen, "127.0.0.1:0", ListenOptions{})[0]
		near, far, _ := meet(t, c.dial, l, DialOptions{})
		for what, got := range map[string][2]int{
			"listener": {optionOf(t, l.FD(), unix.SOL_SOCKET, unix.SO_PROTOCOL), c.listening},
			"dialled":  {optionOf(t, near.FD(), unix.SOL_SOCKET, unix.SO_PROTOCOL), c.near},
			"accepted": {optionOf(t, far.FD(), unix.SOL_SOCKET, unix.SO_PROTOCOL), c.far},
		} {
			if got[0] != got[1] {
				t.Errorf("%s to %s: the %s socket has protocol %d, want %d", c.dial.Name, c.listen.Name, what, got[0], got[1])
			}
		}
		if far.MPTCP() != (c.far == unix.IPPROTO_MPTCP) {
			t.Errorf("%s to %s: the connection is marked MPTCP: %v", c.dial.Name, c.listen.Name, far.MPTCP())
		}
	}
}

// Which options hold on accepted connections, for both protocols. docs/mptcp.md
// has this table.
func TestListenOptions(t *testing.T) {
	o := ListenOptions{Backlog: 77, KeepAlive: true, TCPUT: 7 * time.Second, DeferAccept: true, TFO: true}
	for _, p := range []Inet{plain, multipath} {
		var warnings []string
		o.Warn = func(text string) { warnings = append(warnings, text) }
		l := listen(t, p, "127.0.0.1:0", o)[0]
		if want := p.Proto != 0; len(warnings) != 0 != want {
			t.Errorf("%s: warnings %q", p.Name, warnings)
		}
		for _, c := range []struct {
			name              string
			level, opt, least int
		}{
			{"reuseport", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
			{"keepalive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
			{"tcp-ut", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 7000},
			{"defer-accept", unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1},
			{"tfo", unix.IPPROTO_TCP, unix.TCP_FASTOPEN, 77},
			{"nodelay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		} {
			v, err := unix.GetsockoptInt(l.FD(), c.level, c.opt)
			if p.Proto != 0 && c.name == "tcp-ut" {
				if err == nil {
					t.Error("the kernel takes tcp-ut on MPTCP sockets now: change docs/mptcp.md")
				}
				continue
			}
			if err != nil || v < c.least {
				t.Errorf("%s, %s: %d, %v", p.Name, c.name, v, err)
			}
		}
	}
	// Accepted connections inherit what concerns them.
	for _, p := range []Inet{plain, multipath} {
		l := listen(t, p, "127.0.0.1:0", ListenOptions{KeepAlive: true})[0]
		near, far, _ := meet(t, p, l, DialOptions{KeepAlive: true})
		for name, fd := range map[string]int{"dialled": near.FD(), "accepted": far.FD()} {
			if optionOf(t, fd, unix.IPPROTO_TCP, unix.TCP_NODELAY) == 0 || optionOf(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE) == 0 {
				t.Errorf("%s, %s: nodelay %d, keepalive %d", p.Name, name,
					optionOf(t, fd, unix.IPPROTO_TCP, unix.TCP_NODELAY), optionOf(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE))
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	l := listen(t, plain, "127.0.0.1:0", ListenOptions{})[0]
	near, _, info := meet(t, plain, l, DialOptions{Source: netip.MustParseAddrPort("127.0.0.9:0")})
	if info.Src.Addr() != netip.MustParseAddr("127.0.0.9") || info.Dst != at(t, l) {
		t.Errorf("source %v, destination %v", info.Src, info.Dst)
	}
	if sa, err := unix.Getsockname(near.FD()); err != nil || addrPort(sa) != info.Src {
		t.Errorf("the dialled socket is %v, %v", sa, err)
	}
	// A wildcard tells the address that was connected to.
	any := listen(t, plain, "*:0", ListenOptions{})[0]
	port := at(t, any).Port()
	got := make(chan Accepted, 1)
	go func() {
		var info Accepted
		if c, err := any.Accept(&info); err == nil {
			c.Close()
		}
		got <- info
	}()
	c, err := plain.Dial(Target{Addr: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.3"), port)}, &DialOptions{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if info := <-got; info.Dst != netip.AddrPortFrom(netip.MustParseAddr("127.0.0.3"), port) {
		t.Errorf("destination %v", info.Dst)
	}
}

func TestRangesAndFamilies(t *testing.T) {
	list := listen(t, plain, "[::1]:0", ListenOptions{})
	if a := at(t, list[0]); !a.Addr().Is6() {
		t.Errorf("listens at %v", a)
	}
	// v4v6 takes both families on one socket.
	both := listen(t, plain, "ipv6@:0", ListenOptions{V4V6: true})[0]
	go func() {
		var info Accepted
		for {
			c, err := both.Accept(&info)
			if err != nil {
				return // the test has ended
			}
			c.Close()
		}
	}()
	for _, host := range []string{"127.0.0.1", "::1"} {
		c, err := plain.Dial(Target{Addr: netip.AddrPortFrom(netip.MustParseAddr(host), at(t, both).Port())}, &DialOptions{Timeout: time.Second})
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		c.Close()
	}
}

func TestErrors(t *testing.T) {
	l := listen(t, plain, "127.0.0.1:0", ListenOptions{NoReusePort: true})[0]
	_, err := plain.Listen(bind(t, at(t, l).String()), &ListenOptions{})
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "in use by another process (") {
		t.Errorf("port in use: %v", err)
	}
	_, err = plain.Listen(bind(t, "192.0.2.1:80"), &ListenOptions{})
	if err == nil || !strings.Contains(err.Error(), "192.0.2.1 is not an address of this machine") {
		t.Errorf("foreign address: %v", err)
	}
	_, err = plain.Listen(bind(t, "127.0.0.1:0"), &ListenOptions{Interface: "nope0"})
	if err == nil || !strings.Contains(err.Error(), `"nope0"`) {
		t.Errorf("no such interface: %v", err)
	}
	closed := at(t, l)
	l.Close()
	if _, err := plain.Dial(Target{Addr: closed}, &DialOptions{Timeout: time.Second}); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
	var info Accepted
	if _, err := l.Accept(&info); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accepting after Close: %v", err)
	}
}

// A socket that is handed over keeps the connections that wait in it.
func TestHandOver(t *testing.T) {
	before := listen(t, plain, "127.0.0.1:0", ListenOptions{})[0]
	waiting, err := plain.Dial(Target{Addr: at(t, before)}, &DialOptions{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer waiting.Close()
	dup, err := unix.FcntlInt(uintptr(before.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	key := before.Key()
	after := listen(t, plain, "127.0.0.1:0", ListenOptions{Inherit: func(k string) int {
		if k != key {
			t.Errorf("asked for %q, the socket is %q", k, key)
			return -1
		}
		return dup
	}})[0]
	before.Close()
	if at(t, after) != at(t, before) {
		t.Errorf("listens at %s, not %s", after.Addr(), before.Addr())
	}
	var info Accepted
	c, err := after.Accept(&info)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestUnix(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.sock")
	open := func() (int, error) { return ListenUnix(path, &ListenOptions{Mode: "660"}) }
	fd, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("a live socket: %v", err)
	}
	unix.Close(fd)
	if fd, err = open(); err != nil { // a stale one is replaced
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if _, err := ListenUnix(dir, &ListenOptions{}); err == nil {
		t.Error("a directory is replaced")
	}
	c, err := DialUnix(path, &DialOptions{Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	for _, text := range []string{"abns@fairlead-test", "abnsz@fairlead-test-z"} {
		name := UnixPath(bind(t, text))
		fd, err := ListenUnix(name, &ListenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := DialUnix(name, &DialOptions{Timeout: time.Second})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		c.Close()
		unix.Close(fd)
	}
}

// The options that this kernel takes on MPTCP sockets; docs/mptcp.md has the table.
func TestMPTCPOptions(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, unix.IPPROTO_MPTCP)
	if err != nil {
		if os.Getenv("FAIRLEAD_TEST_ALL") == "1" {
			t.Fatal("this kernel has no MPTCP")
		}
		t.Skip("this kernel has no MPTCP")
	}
	defer unix.Close(fd)
	for _, c := range []struct {
		name              string
		level, opt, value int
		taken             bool
	}{
		{"nodelay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1, true},
		{"keepalive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1, true},
		{"keepidle", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 10, true},
		{"keepintvl", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, 10, true},
		{"keepcnt", unix.IPPROTO_TCP, unix.TCP_KEEPCNT, 3, true},
		{"tcp-ut", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 5000, false},
		{"defer-accept", unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 1, true},
		{"tfo", unix.IPPROTO_TCP, unix.TCP_FASTOPEN, 10, true},
		{"tfo of clients", unix.IPPROTO_TCP, unix.TCP_FASTOPEN_CONNECT, 1, true},
		{"transparent", unix.SOL_IP, unix.IP_TRANSPARENT, 1, true},
		{"mark", unix.SOL_SOCKET, unix.SO_MARK, 5, true},
		{"reuseport", unix.SOL_SOCKET, unix.SO_REUSEPORT, 1, true},
	} {
		if err := unix.SetsockoptInt(fd, c.level, c.opt, c.value); (err == nil) != c.taken && !errors.Is(err, unix.EPERM) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, "reno"); err != nil {
		t.Errorf("congestion: %v", err)
	}
}
