package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

// forger sends a forged copy of every packet of an established connection, and the
// packet twice.
type forger struct{ net.PacketConn }

func (f forger) WriteTo(b []byte, to net.Addr) (int, error) {
	if b[0]&longHeader == 0 {
		forged := append([]byte(nil), b...)
		forged[len(forged)-1] ^= 1
		for _, p := range [][]byte{forged, b} {
			if _, err := f.PacketConn.WriteTo(p, to); err != nil {
				return 0, err
			}
		}
	}
	return f.PacketConn.WriteTo(b, to)
}

// TestDroppedWithinConnections has packets counted that connections drop, where the
// configuration says so; they do no harm.
func TestDroppedWithinConnections(t *testing.T) {
	for _, counted := range []bool{true, false} {
		o := &protocol.SessionOptions{Counters: &protocol.SessionCounters{}, SessionTuning: protocol.SessionTuning{CountDropped: counted}}
		l := listenWith(t, o)
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		tr := &quic.Transport{Conn: forger{c}}
		defer tr.Close()
		to, err := net.ResolveUDPAddr("udp", at(l))
		if err != nil {
			t.Fatal(err)
		}
		q, err := tr.Dial(t.Context(), to, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{alpn}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			ask(t, q)
		}
		if counted {
			until(t, "forged and repeated packets are counted", func() bool { return o.Counters.Malformed.Load() >= 10 && o.Counters.Dropped.Load() >= 10 })
		} else if n := o.Counters.Malformed.Load(); n != 0 {
			t.Errorf("%d packets are counted unasked", n)
		}
	}
}

// TestPrivilegedPorts has clients at ports that no user's program has get no answer.
func TestPrivilegedPorts(t *testing.T) {
	for _, reject := range []bool{true, false} {
		o := &protocol.SessionOptions{Counters: &protocol.SessionCounters{}, RejectPrivileged: reject}
		l := listenWith(t, o)
		c, err := privilegedSocket()
		if errors.Is(err, syscall.EACCES) && os.Getenv("FAIRLEAD_TEST_ALL") == "" {
			t.Skip("a privileged port needs root")
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		tr := &quic.Transport{Conn: c}
		defer tr.Close()
		to, err := net.ResolveUDPAddr("udp", at(l))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = tr.Dial(ctx, to, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{alpn}}, nil)
		if dropped := o.Counters.Dropped.Load() > 0; dropped != reject || (err != nil) != reject {
			t.Errorf("reject %v: %v, counted %v", reject, err, dropped)
		}
	}
}

// privilegedSocket gives a socket at a port below 1024.
func privilegedSocket() (c net.PacketConn, err error) {
	for port := 1023; port > 600; port-- {
		if c, err = net.ListenPacket("udp", "127.0.0.1:"+strconv.Itoa(port)); err == nil || errors.Is(err, syscall.EACCES) {
			return c, err
		}
	}
	return nil, err
}
