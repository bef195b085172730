package http2

import (
	"errors"
	"testing"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

func newServerOn(c *relay.Conn) *Conn {
	return NewServer(c, &relay.Buffer{Pool: relay.NewPool(16 << 10)}, &Options{})
}

// dial gives a client and the server that it speaks to.
func dial(t *testing.T, o Options) (*ClientConn, *peer) {
	t.Helper()
	c, p := sockets(t)
	o.Pool = relay.NewPool(16 << 10)
	k, err := NewClient(c, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.Close()
		<-k.Done()
	})
	var hello [len(preface)]byte
	if _, err := p.c.Read(hello[:]); err != nil || string(hello[:]) != preface {
		t.Fatalf("the client begins with %q, %v", hello, err)
	}
	p.write(appendHead(nil, 0, frameSettings, 0, 0))
	return k, p
}

// ask begins a stream with a request.
func ask(t *testing.T, k *ClientConn) httpmsg.Stream {
	t.Helper()
	x, err := k.Open()
	if err != nil {
		t.Fatal(err)
	}
	var m httpmsg.Message
	m.Reset(nil)
	m.StartRequestString("GET", "/", httpmsg.HTTP11)
	m.AddHeaderString("Host", "a")
	if err := x.WriteHead(&m, true); err != nil {
		t.Fatal(err)
	}
	return x
}

// TestMayBeSentAgain tells what the server has not looked at from what it broke off.
func TestMayBeSentAgain(t *testing.T) {
	for name, c := range map[string]struct {
		frames []byte
		retry  bool
	}{
		"refused":          {appendReset(nil, 1, codeRefused), true},
		"cancelled":        {appendReset(nil, 1, codeCancel), false},
		"above the last":   {appendGoAway(nil, 0, codeNo, ""), true},
		"an error of ours": {append(appendHead(nil, 0, frameHeaders, flagEndHeaders|flagEndStream, 1), ""...), false},
	} {
		t.Run(name, func(t *testing.T) {
			k, p := dial(t, Options{})
			x := ask(t, k)
			defer x.Close()
			p.write(c.frames)
			var m httpmsg.Message
			var se *httpmsg.StreamError
			if err := x.ReadHead(&m); !errors.As(err, &se) || se.Retry != c.retry {
				t.Errorf("%v (%+v), want retry %v", err, se, c.retry)
			}
		})
	}
}

func TestGoAwayTakesNoMore(t *testing.T) {
	k, p := dial(t, Options{})
	x := ask(t, k)
	p.write(appendGoAway(nil, 1, codeNo, ""))
	p.write(append(appendHead(nil, 1, frameHeaders, flagEndHeaders|flagEndStream, 1), 0x88)) // :status 200
	var m httpmsg.Message
	if err := x.ReadHead(&m); err != nil || m.Status != 200 {
		t.Errorf("the stream that was under way: %d, %v", m.Status, err)
	}
	x.Close()
	if _, err := k.Open(); err == nil || errors.Is(err, httpmsg.ErrBusy) || k.Room() != 0 {
		t.Errorf("another stream: %v, room for %d", err, k.Room())
	}
}

func TestBusy(t *testing.T) {
	k, _ := dial(t, Options{MaxConcurrentStreams: 2})
	one, two := ask(t, k), ask(t, k)
	if _, err := k.Open(); !errors.Is(err, httpmsg.ErrBusy) {
		t.Errorf("a third stream: %v", err)
	}
	one.Close()
	if k.Room() != 1 || k.Streams() != 1 {
		t.Errorf("room for %d, %d in progress", k.Room(), k.Streams())
	}
	two.Close()
}
