package http2

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// peer is the other side of a connection, written and read frame by frame.
type peer struct {
	t    testing.TB
	c    net.Conn
	enc  *hpack.Encoder
	head buffer
}

type buffer []byte

func (b *buffer) Write(p []byte) (int, error) { *b = append(*b, p...); return len(p), nil }

// sockets gives the two ends of a connection.
func sockets(t testing.TB) (*relay.Conn, *peer) {
	t.Helper()
	near, far := connected(t)
	t.Cleanup(func() { far.Close() })
	p := &peer{t: t, c: far}
	p.enc = hpack.NewEncoder(&p.head)
	return near, p
}

// serve has a server answer a peer by handle, and gives a channel for what Serve
// returns.
func serve(t testing.TB, o Options, handle func(httpmsg.Stream)) (*peer, <-chan error) {
	t.Helper()
	c, p := sockets(t)
	in := &relay.Buffer{Pool: relay.NewPool(16 << 10)}
	s := NewServer(c, in, &o)
	ended := make(chan error, 1)
	go func() {
		err := s.Serve(func(x httpmsg.Stream) { go handle(x) })
		s.Close()
		ended <- err
	}()
	return p, ended
}

func (p *peer) write(b []byte) {
	p.t.Helper()
	if _, err := p.c.Write(b); err != nil {
		p.t.Logf("the other side takes no more: %v", err)
	}
}

// hello begins as a client.
func (p *peer) hello() { p.write(appendHead([]byte(preface), 0, frameSettings, 0, 0)) }

// request gives a HEADERS frame of a request.
func (p *peer) request(id uint32, flags uint8, more ...string) []byte {
	p.head = p.head[:0]
	fields := append([]string{":method", "GET", ":scheme", "http", ":path", "/", ":authority", "a"}, more...)
	for i := 0; i+1 < len(fields); i += 2 {
		if err := p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}); err != nil {
			p.t.Fatal(err)
		}
	}
	return append(appendHead(nil, len(p.head), frameHeaders, flags|flagEndHeaders, id), p.head...)
}

// frame reads the next frame.
func (p *peer) frame() (frameHead, []byte, error) {
	if err := p.c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return frameHead{}, nil, err
	}
	var head [frameHeadLen]byte
	if _, err := io.ReadFull(p.c, head[:]); err != nil {
		return frameHead{}, nil, err
	}
	h := parseHead(head[:])
	b := make([]byte, h.length)
	_, err := io.ReadFull(p.c, b)
	return h, b, err
}

// await reads until a frame of a type, and fails when none comes.
func (p *peer) await(typ frameType) (frameHead, []byte) {
	p.t.Helper()
	for {
		h, b, err := p.frame()
		if err != nil {
			p.t.Fatalf("no frame of type %d: %v", typ, err)
		}
		if h.typ == typ {
			return h, b
		}
	}
}

// goneAway reads to the end and gives the code of the last GOAWAY.
func (p *peer) goneAway() (c code, ok bool) {
	for {
		h, b, err := p.frame()
		if err != nil {
			return c, ok
		}
		if h.typ == frameGoAway {
			c, ok = code(binary.BigEndian.Uint32(b[4:])), true
		}
	}
}

// answer sends a short response.
func answer(x httpmsg.Stream) {
	var m httpmsg.Message
	if x.ReadHead(&m) != nil {
		x.Close()
		return
	}
	answerTo(x, &m)
}

// answerTo sends a short response to a request, and reuses its message.
func answerTo(x httpmsg.Stream, m *httpmsg.Message) {
	defer x.Close()
	m.Reset(nil)
	m.StartResponse(200, "OK", httpmsg.HTTP2)
	if x.WriteHead(m, false) == nil {
		_, _ = x.WriteLast([]byte("hello")) // the peer sees what came
	}
}
