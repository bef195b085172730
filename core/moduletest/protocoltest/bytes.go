package protocoltest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/fairleadproxy/fairlead/core/descriptor"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/relay"
)

func read(t *testing.T, c *relay.Conn, n int) string {
	t.Helper()
	b := make([]byte, n)
	if got, err := io.ReadFull(c, b); err != nil {
		t.Fatalf("after %d of %d bytes: %v", got, n, err)
	}
	return string(b)
}

// echo sends much through a connection while the other end sends it back.
func (p *peer) echo(t *testing.T) {
	near, far, _ := p.meet(t, p.listen(t, p.o.Listen, &protocol.ListenOptions{}))
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	back := make(chan error, 2)
	go func() {
		_, err := io.CopyN(struct{ io.Writer }{far}, struct{ io.Reader }{far}, int64(len(sent)))
		back <- err
	}()
	go func() {
		_, err := near.Write(sent)
		back <- err
	}()
	if got := read(t, near, len(sent)); got != string(sent) {
		t.Error("other bytes came back than were sent")
	}
	for range 2 {
		if err := <-back; err != nil {
			t.Error(err)
		}
	}
}

// halfClose ends one direction and goes on in the other.
func (p *peer) halfClose(t *testing.T) {
	near, far, _ := p.meet(t, p.listen(t, p.o.Listen, &protocol.ListenOptions{}))
	if err := near.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if n, err := far.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Fatalf("after the other side's CloseWrite: %d bytes, error %v, want the end", n, err)
	}
	if _, err := far.Write([]byte("still here")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, near, 10); got != "still here" {
		t.Errorf("got %q", got)
	}
}

// close closes a listener while Accept waits.
func (p *peer) close(t *testing.T) {
	l := p.listen(t, p.o.Listen, &protocol.ListenOptions{})
	near, far, _ := p.meet(t, l)
	at, ch := l.Addr(), accept(l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if a := await(t, ch); !errors.Is(a.err, net.ErrClosed) {
		t.Errorf("an Accept that waits ends with %v, want net.ErrClosed", a.err)
	}
	if a := await(t, accept(l)); !errors.Is(a.err, net.ErrClosed) {
		t.Errorf("Accept after Close gives %v, want net.ErrClosed", a.err)
	}
	if _, err := far.Write([]byte("x")); err != nil || read(t, near, 1) != "x" {
		t.Errorf("a connection does not outlive its listener: %v", err)
	}
	p.listen(t, at, &protocol.ListenOptions{}) // the address is free
}

// handOver opens a listener on the socket of another, in which a connection waits.
func (p *peer) handOver(t *testing.T) {
	old := p.listen(t, p.o.Listen, &protocol.ListenOptions{})
	if old.FD() < 0 {
		t.Skip("its listeners have no descriptor to hand over")
	}
	fd, err := descriptor.Dup(old.FD())
	if err != nil {
		t.Fatal(err)
	}
	asked := false
	// The key is that of the address as it is written in the configuration.
	next := p.listen(t, p.o.Listen, &protocol.ListenOptions{Inherit: func(key string) int {
		if key != old.Key() {
			return -1
		}
		asked = true
		return fd
	}})
	if !asked {
		_ = descriptor.Close(fd) // the test has failed anyway
		t.Fatalf("Listen does not ask Inherit for the key %q", old.Key())
	}
	if next.Addr() != old.Addr() {
		t.Errorf("the listener at %s is at %s after it was handed over", old.Addr(), next.Addr())
	}
	near := p.dial(t, p.target(t, old))
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := near.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	a := await(t, accept(next))
	if a.err != nil {
		t.Fatalf("Accept: %v", a.err)
	}
	if got := read(t, bounded(t, a.c), 5); got != "hello" {
		t.Errorf("got %q", got)
	}
}
