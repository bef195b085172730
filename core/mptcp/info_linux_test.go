package mptcp

import (
	"context"
	"io"
	"net"
	"testing"
)

// connect gives both ends of a connection over loopback and the descriptors.
func connect(t *testing.T, listenMPTCP, dialMPTCP bool) (client, server int) {
	t.Helper()
	var lc net.ListenConfig
	lc.SetMultipathTCP(listenMPTCP)
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var d net.Dialer
	d.SetMultipathTCP(dialMPTCP)
	near, err := d.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	go func() { _, _ = io.WriteString(near, "hello") }() // read below
	if _, err := io.ReadFull(far, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	return descriptor(t, near), descriptor(t, far)
}

func descriptor(t *testing.T, c net.Conn) (fd int) {
	t.Helper()
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(f uintptr) { fd = int(f) }); err != nil {
		t.Fatal(err)
	}
	return fd
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name           string
		listen, dial   bool
		client, server bool // MPTCP sockets
		fallback       bool // of the client
	}{
		{"both", true, true, true, true, false},
		{"plain client", true, false, false, false, false},
		{"plain server", false, true, true, false, true},
		{"neither", false, false, false, false, false},
	} {
		client, server := connect(t, c.listen, c.dial)
		if Is(client) != c.client || Is(server) != c.server {
			t.Errorf("%s: MPTCP sockets: client %v, server %v", c.name, Is(client), Is(server))
		}
		info, ok := Read(client)
		if ok != c.client || info.Fallback != c.fallback {
			t.Errorf("%s: client %+v, %v", c.name, info, ok)
		}
		if ok && !info.Fallback && (info.Sent != 5 || info.Subflows != 1 || info.Token == 0) {
			t.Errorf("%s: client %+v", c.name, info)
		}
		if info, ok = Read(server); ok != c.server || ok && !info.Fallback && info.Received != 5 {
			t.Errorf("%s: server %+v, %v", c.name, info, ok)
		}
	}
}

func TestSubflows(t *testing.T) {
	client, server := connect(t, true, true)
	near, far := Subflows(client), Subflows(server)
	if len(near) != 1 || len(far) != 1 {
		t.Fatalf("client %+v, server %+v", near, far)
	}
	if near[0].Local != far[0].Remote || near[0].Remote != far[0].Local || near[0].State != "ESTABLISHED" || near[0].RTT <= 0 {
		t.Errorf("client %+v, server %+v", near[0], far[0])
	}
	plain, _ := connect(t, true, false)
	if list := Subflows(plain); list != nil {
		t.Errorf("a plain socket has %+v", list)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	client, _ := connect(t, true, true)
	if n := testing.AllocsPerRun(100, func() { Read(client) }); n != 0 {
		t.Errorf("Read allocates %v times", n)
	}
}
