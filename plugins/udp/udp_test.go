package udp

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

func TestConformance(t *testing.T) { moduletest.Run(t, protocol.Kind, "udp") }

// limit is longer than anything here takes.
const limit = 30 * time.Second

// generation is the protocol as one configuration has it, with what it shares
// with others.
type generation struct {
	*Protocol
	metrics *module.Metrics
	close   func()
}

func newGeneration(t *testing.T, o module.ContextOptions) generation {
	t.Helper()
	if o.Metrics == nil {
		o.Metrics = module.NewMetrics()
	}
	ctx := module.NewContext(o)
	p, err := New(ctx, struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	g := generation{p.(*Protocol), o.Metrics, func() {
		if err := ctx.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}}
	t.Cleanup(g.close)
	return g
}

func (g generation) listen(t *testing.T, at string, o protocol.ListenOptions) protocol.Listener {
	t.Helper()
	list, err := address.ParseBind(at)
	if err != nil {
		t.Fatal(err)
	}
	ls, err := g.Listen(list[0], &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ls[0].Close() })
	return ls[0]
}

// dropped gives how many datagrams were dropped for a reason.
func (g generation) dropped(reason loss) int64 {
	return g.metrics.Counter("udp_dropped_datagrams_total", "", "reason", lossNames[reason]).Load()
}

// at gives a listener's address, with another host for a wildcard.
func at(t *testing.T, l protocol.Listener, host string) netip.AddrPort {
	t.Helper()
	a, err := netip.ParseAddrPort(strings.TrimPrefix(l.Addr(), "udp@"))
	if err != nil {
		t.Fatal(err)
	}
	if host == "" {
		return a
	}
	return netip.AddrPortFrom(netip.MustParseAddr(host), a.Port())
}

// client opens a client's socket, which takes datagrams from the address alone.
func client(t *testing.T, to netip.AddrPort) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func send(t *testing.T, c interface{ Write([]byte) (int, error) }, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c interface{ Read([]byte) (int, error) }) string {
	t.Helper()
	b := make([]byte, 16<<10) // what tune.bufsize is by default
	n, err := c.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func accept(t *testing.T, l protocol.Listener) (*relay.Conn, protocol.Accepted) {
	t.Helper()
	var info protocol.Accepted
	watch := time.AfterFunc(limit, func() { l.Close() })
	defer watch.Stop()
	c, err := l.Accept(&info)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.ReadTimeout(limit)
	return c, info
}

// Answers come from the address that the client sent to, or its connected
// socket would not take them.
func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		bind, to, other string
		options         protocol.ListenOptions
	}{
		{"udp@127.0.0.1:0", "", "", protocol.ListenOptions{}},
		{"udp@:0", "127.0.0.1", "127.0.0.2", protocol.ListenOptions{}},
		{"udp6@[::1]:0", "", "", protocol.ListenOptions{}},
		{"udp6@:0", "::1", "", protocol.ListenOptions{}},
		{"udp6@:0", "127.0.0.3", "::1", protocol.ListenOptions{V4V6: true}},
	} {
		t.Run(c.bind+" "+c.to, func(t *testing.T) {
			l := newGeneration(t, module.ContextOptions{}).listen(t, c.bind, c.options)
			for _, host := range []string{c.to, c.other} {
				to := at(t, l, host)
				near := client(t, to)
				send(t, near, "question")
				far, info := accept(t, l)
				if info.Src.String() != near.LocalAddr().String() || info.Dst != to {
					t.Errorf("accepted %v to %v, want %v to %v", info.Src, info.Dst, near.LocalAddr(), to)
				}
				if got := receive(t, far); got != "question" {
					t.Errorf("got %q", got)
				}
				send(t, far, "answer")
				if got := receive(t, near); got != "answer" {
					t.Errorf("got %q", got)
				}
				if c.other == "" {
					return
				}
			}
		})
	}
}

// Datagrams stay whole in both directions, also empty ones.
func TestBoundaries(t *testing.T) {
	g := newGeneration(t, module.ContextOptions{})
	l := g.listen(t, "udp@127.0.0.1:0", protocol.ListenOptions{})
	near, err := g.Dial(protocol.Target{Addr: at(t, l, "")}, &protocol.DialOptions{Source: netip.MustParseAddrPort("127.0.0.9:0")})
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	near.ReadTimeout(limit)
	sizes := []int{1, 0, 3, 1472, 0, 9000, 16 << 10}
	for _, n := range sizes {
		send(t, near, strings.Repeat("x", n))
	}
	far, info := accept(t, l)
	if info.Src.Addr() != netip.MustParseAddr("127.0.0.9") {
		t.Errorf("the source is %v", info.Src)
	}
	for _, n := range sizes {
		if got := receive(t, far); len(got) != n {
			t.Fatalf("a datagram of %d bytes came as %d", n, len(got))
		}
		send(t, far, strings.Repeat("y", n))
		if got := receive(t, near); len(got) != n {
			t.Fatalf("a datagram of %d bytes came back as %d", n, len(got))
		}
	}
}

// The engine's Mover keeps boundaries too.
func TestMover(t *testing.T) {
	g := newGeneration(t, module.ContextOptions{})
	l := g.listen(t, "udp@127.0.0.1:0", protocol.ListenOptions{})
	backend, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	near := client(t, at(t, l, ""))
	send(t, near, "a")
	far, _ := accept(t, l)
	server, err := g.Dial(protocol.Target{Addr: backend.LocalAddr().(*net.UDPAddr).AddrPort()}, &protocol.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	moved := make(chan error, 1)
	go func() {
		moved <- relay.NewMover().Move(server, far, &relay.Buffer{Pool: relay.NewPool(4096)}, -1, nil)
	}()
	b := make([]byte, 5000)
	for _, n := range []int{1, 0, 4095, 4096, 2, 0} {
		if n != 1 {
			send(t, near, strings.Repeat("x", n))
		}
		if got, _, err := backend.ReadFromUDP(b); err != nil || got != n {
			t.Fatalf("a datagram of %d bytes came as %d: %v", n, got, err)
		}
	}
	send(t, near, strings.Repeat("x", 4097)) // longer than the buffer
	send(t, near, "after")
	if n, _, err := backend.ReadFromUDP(b); err != nil || string(b[:n]) != "after" {
		t.Errorf("after one that is too long came %q: %v", b[:n], err)
	}
	if n := g.dropped(tooLong); n != 1 {
		t.Errorf("%d datagrams count as too long, want 1", n)
	}
	far.Interrupt()
	<-moved
}

func TestTooLongAnswer(t *testing.T) {
	g := newGeneration(t, module.ContextOptions{})
	backend, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	server, err := g.Dial(protocol.Target{Addr: backend.LocalAddr().(*net.UDPAddr).AddrPort()}, &protocol.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	server.ReadTimeout(limit)
	send(t, server, "q")
	_, from, err := backend.ReadFromUDP(make([]byte, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{16<<10 + 1, 60000, 5} {
		if _, err := backend.WriteToUDP(bytes.Repeat([]byte("x"), n), from); err != nil {
			t.Fatal(err)
		}
	}
	if got := receive(t, server); got != "xxxxx" {
		t.Errorf("got %d bytes", len(got))
	}
	if n := g.dropped(tooLong); n != 2 {
		t.Errorf("%d datagrams count as too long, want 2", n)
	}
}

// A server that is not there is known by the first answer of its system.
func TestRefused(t *testing.T) {
	g := newGeneration(t, module.ContextOptions{})
	l := g.listen(t, "udp@127.0.0.1:0", protocol.ListenOptions{})
	to := at(t, l, "")
	l.Close()
	g.close()
	c, err := g.Dial(protocol.Target{Addr: to}, &protocol.DialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.ReadTimeout(limit)
	send(t, c, "q")
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the error is %v", err)
	}
}

func TestCloseEndsAccept(t *testing.T) {
	l := newGeneration(t, module.ContextOptions{}).listen(t, "udp@127.0.0.1:0", protocol.ListenOptions{})
	ended := make(chan error, 1)
	go func() {
		_, err := l.Accept(new(protocol.Accepted))
		ended <- err
	}()
	l.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept ends with %v, want net.ErrClosed", err)
		}
	case <-time.After(limit):
		t.Fatal("Accept goes on")
	}
}

// Over a reload a session keeps its socket, and new ones go to the next
// configuration.
func TestReload(t *testing.T) {
	shared := module.NewShared()
	old := newGeneration(t, module.ContextOptions{Shared: shared})
	first := old.listen(t, "udp@127.0.0.1:0", protocol.ListenOptions{})
	first.Close()
	old.close()
	bind := first.Addr() // a port that is free
	old = newGeneration(t, module.ContextOptions{Shared: shared})
	first = old.listen(t, bind, protocol.ListenOptions{})
	near := client(t, at(t, first, ""))
	send(t, near, "1")
	far, _ := accept(t, first)
	receive(t, far)

	next := newGeneration(t, module.ContextOptions{Shared: shared})
	second := next.listen(t, bind, protocol.ListenOptions{})
	first.Close()
	send(t, near, "2")
	if got := receive(t, far); got != "2" {
		t.Errorf("got %q", got)
	}
	send(t, far, "3")
	if got := receive(t, near); got != "3" {
		t.Errorf("got %q", got)
	}
	another := client(t, at(t, second, ""))
	send(t, another, "4")
	c, _ := accept(t, second)
	if got := receive(t, c); got != "4" {
		t.Errorf("got %q", got)
	}
	far.Close()
	old.close()
	send(t, near, "5") // its session is over: this is another
	c, _ = accept(t, second)
	if got := receive(t, c); got != "5" {
		t.Errorf("got %q", got)
	}
}

// A process that takes the socket over gets what comes from then on, and the
// one before still answers what it has.
func TestHandOver(t *testing.T) {
	old := newGeneration(t, module.ContextOptions{})
	first := old.listen(t, "udp@127.0.0.1:0", protocol.ListenOptions{})
	asked := client(t, at(t, first, ""))
	send(t, asked, "question")
	far, _ := accept(t, first)
	fd, err := unix.FcntlInt(uintptr(first.FD()), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	next := newGeneration(t, module.ContextOptions{})
	second := next.listen(t, "udp@127.0.0.1:0", protocol.ListenOptions{Inherit: func(key string) int {
		if key != first.Key() {
			t.Errorf("the key is %q, want %q", key, first.Key())
		}
		return fd
	}})
	if second.Addr() != first.Addr() {
		t.Errorf("the socket at %s is at %s after it was handed over", first.Addr(), second.Addr())
	}
	first.Close()
	for i := range 20 {
		c := client(t, at(t, second, ""))
		send(t, c, "hello")
		got, _ := accept(t, second)
		if text := receive(t, got); text != "hello" {
			t.Errorf("client %d: got %q", i, text)
		}
	}
	send(t, far, "answer")
	if got := receive(t, asked); got != "answer" {
		t.Errorf("got %q", got)
	}
}

func TestListenErrors(t *testing.T) {
	g := newGeneration(t, module.ContextOptions{})
	taken, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	file, err := tcp.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	wrong := func(string) int {
		fd, err := unix.Dup(int(file.Fd()))
		if err != nil {
			t.Error(err)
		}
		return fd
	}
	for _, c := range []struct {
		bind, want string
		o          protocol.ListenOptions
	}{
		{"udp@" + taken.LocalAddr().String(), "in use", protocol.ListenOptions{}},
		{"udp@192.0.2.1:5353", "not an address of this machine", protocol.ListenOptions{}},
		{"udp@127.0.0.1:0", `no network interface "nosuch0"`, protocol.ListenOptions{Interface: "nosuch0"}},
		{"udp@127.0.0.1:0", "socket that was handed over", protocol.ListenOptions{Inherit: wrong}},
	} {
		list, err := address.ParseBind(c.bind)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Listen(list[0], &c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.bind, err, c.want)
		}
	}
}
