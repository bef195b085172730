// Package protocoltest checks what every listener protocol must do.
//
//	protocoltest.Laws(t, "acme.tunnel", protocoltest.Options{})
//
// It is for tests alone, and for protocols of bytes; those whose connections
// carry HTTP exchanges by themselves have other laws.
package protocoltest

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Options say how a protocol is tried.
type Options struct {
	// Listen is the address to listen at. Default: NAME@127.0.0.1:0.
	Listen string
	// NoRefusal says that dialling where nothing listens is not refused.
	NoRefusal bool
}

// limit is longer than anything here takes.
const limit = 30 * time.Second

// Laws checks what every protocol must do: its listeners say where they really
// listen and accept what dials there; bytes arrive whole, both ways; the end of
// one direction leaves the other open; Close ends an Accept that waits, by
// net.ErrClosed, and gives the address back; a socket is handed over with the
// connections that wait in it; and dialling where nothing listens fails with
// the system's error.
func Laws(t *testing.T, name string, o Options) {
	t.Helper()
	moduletest.NoLeaks(t)
	if o.Listen == "" {
		o.Listen = name + "@127.0.0.1:0"
	}
	p := &peer{moduletest.Start(t, protocol.Kind, name, ``), name, o}
	t.Run("addresses", p.addresses)
	t.Run("echo", p.echo)
	t.Run("half-close", p.halfClose)
	t.Run("close", p.close)
	t.Run("hand-over", p.handOver)
	if !o.NoRefusal {
		t.Run("refused", p.refused)
	}
}

// peer is a protocol that is tried.
type peer struct {
	protocol.Protocol
	name string
	o    Options
}

// listen opens a listener, which closes with the test.
func (p *peer) listen(t *testing.T, at string, o *protocol.ListenOptions) protocol.Listener {
	t.Helper()
	list, err := address.ParseBind(at)
	if err != nil {
		t.Fatal(err)
	}
	ls, err := p.Listen(list[0], o)
	if err != nil {
		t.Fatalf("Listen at %s: %v", at, err)
	}
	if len(ls) != 1 {
		t.Fatalf("Listen at %s gives %d listeners, want one for each port", at, len(ls))
	}
	t.Cleanup(func() { ls[0].Close() }) // it may be closed already
	return ls[0]
}

// target is where to dial a listener.
func (p *peer) target(t *testing.T, l protocol.Listener) protocol.Target {
	t.Helper()
	list, err := address.ParseBind(l.Addr())
	if err != nil {
		t.Fatalf("Addr gives %q, which is no address: %v", l.Addr(), err)
	}
	if path := protocol.UnixPath(list[0]); path != "" {
		return protocol.Target{Path: path}
	}
	ip, ok := list[0].BindIP()
	if !ok || list[0].PortLow == 0 {
		t.Fatalf("Addr gives %q: give the IP address and the port that were bound, as in NAME@127.0.0.1:80", l.Addr())
	}
	return protocol.Target{Addr: netip.AddrPortFrom(ip, list[0].PortLow)}
}

// dial connects; the connection closes with the test.
func (p *peer) dial(t *testing.T, to protocol.Target) *relay.Conn {
	t.Helper()
	c, err := p.Dial(to, &protocol.DialOptions{Timeout: limit})
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	return bounded(t, c)
}

func bounded(t *testing.T, c *relay.Conn) *relay.Conn {
	t.Cleanup(func() { c.Close() }) // it may be closed already
	c.ReadTimeout(limit)
	c.WriteTimeout(limit)
	return c
}

// accepted is what Accept gives.
type accepted struct {
	c    *relay.Conn
	info protocol.Accepted
	err  error
}

func accept(l protocol.Listener) <-chan accepted {
	ch := make(chan accepted, 1)
	go func() {
		var a accepted
		a.c, a.err = l.Accept(&a.info)
		ch <- a
	}()
	return ch
}

func await(t *testing.T, ch <-chan accepted) accepted {
	t.Helper()
	select {
	case a := <-ch:
		return a
	case <-time.After(limit):
		t.Fatal("Accept does not return")
		return accepted{}
	}
}

// meet gives both ends of a connection.
func (p *peer) meet(t *testing.T, l protocol.Listener) (near, far *relay.Conn, info protocol.Accepted) {
	t.Helper()
	ch := accept(l)
	near = p.dial(t, p.target(t, l))
	// Some protocols have nothing to accept before the first byte.
	if _, err := near.Write([]byte{'!'}); err != nil {
		t.Fatal(err)
	}
	a := await(t, ch)
	if a.err != nil {
		t.Fatalf("Accept: %v", a.err)
	}
	far = bounded(t, a.c)
	if got := read(t, far, 1); got != "!" {
		t.Fatalf("the first byte is %q", got)
	}
	return near, far, a.info
}

func (p *peer) addresses(t *testing.T) {
	l := p.listen(t, p.o.Listen, &protocol.ListenOptions{})
	if want, _, _ := strings.Cut(p.o.Listen, "@"); !strings.HasPrefix(p.o.Listen, "/") && !strings.HasPrefix(l.Addr(), want+"@") {
		t.Errorf("Addr gives %q, want what users write, %s@...", l.Addr(), want)
	}
	if l.Key() == "" {
		t.Error("Key is empty: the next configuration could not find its socket")
	}
	to := p.target(t, l)
	_, _, info := p.meet(t, l)
	if !to.Addr.IsValid() {
		return
	}
	if info.Dst != to.Addr || !info.Src.IsValid() || info.Src.Port() == 0 {
		t.Errorf("Accept says the connection is from %v to %v, and it goes to %v", info.Src, info.Dst, to.Addr)
	}
}

func (p *peer) refused(t *testing.T) {
	l := p.listen(t, p.o.Listen, &protocol.ListenOptions{})
	to := p.target(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	c, err := p.Dial(to, &protocol.DialOptions{Timeout: time.Second})
	var errno syscall.Errno
	switch took := time.Since(begin); {
	case err == nil:
		c.Close()
		t.Error("Dial connects where nothing listens")
	case took > limit:
		t.Errorf("Dial takes %v, with a timeout of 1s", took)
	case !errors.As(err, &errno) && !errors.Is(err, net.ErrClosed):
		t.Errorf("the error %q does not keep the system's, such as syscall.ECONNREFUSED: wrap it by %%w", err)
	}
}
