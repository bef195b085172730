package http2

import (
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// TestStreamsOfResetsAreBounded has handlers that do not end while the client
// resets and opens streams: it cannot have more of them than twice what it may.
func TestStreamsOfResetsAreBounded(t *testing.T) {
	begun, hold := make(chan struct{}, 1000), make(chan struct{})
	p, _ := serve(t, Options{MaxConcurrentStreams: 10}, func(x httpmsg.Stream) {
		begun <- struct{}{}
		<-hold
		x.Close()
	})
	defer close(hold)
	p.hello()
	for i := range 100 {
		id := uint32(2*i + 1)
		p.write(append(p.request(id, 0), appendReset(nil, id, codeCancel)...))
	}
	p.write(append(appendHead(nil, 8, framePing, 0, 0), "12345678"...))
	for {
		if h, _ := p.await(framePing); h.has(flagAck) {
			break
		}
	}
	if n := len(begun); n > 20 {
		t.Errorf("%d handlers run at once", n)
	}
}

func TestHeadTooLarge(t *testing.T) {
	got := make(chan error, 1)
	p, _ := serve(t, Options{MaxHeaderList: 4096}, func(x httpmsg.Stream) {
		var m httpmsg.Message
		got <- x.ReadHead(&m)
		answer(x)
	})
	p.hello()
	p.write(p.request(1, flagEndStream, "x-a", strings.Repeat("a", 3000), "x-b", strings.Repeat("b", 3000)))
	var se *httpmsg.StreamError
	if err := <-got; !errors.As(err, &se) || se.Status != 431 {
		t.Errorf("%v, want a status of 431", err)
	}
	// What the peer's encoder has learned meanwhile is known here too.
	p.write(p.request(3, flagEndStream, "x-a", strings.Repeat("a", 3000)))
	if err := <-got; err != nil {
		t.Errorf("the next request: %v", err)
	}
}

// TestMalformed has requests that break HTTP's rules reset, and the connection
// go on.
func TestMalformed(t *testing.T) {
	p, _ := serve(t, Options{}, answer)
	p.hello()
	id := uint32(1)
	for _, fields := range [][]string{
		{"Upper", "x"}, {"connection", "close"}, {"transfer-encoding", "chunked"}, {"te", "gzip"}, {":path", "/"}, {":status", "200"},
		{"a b", "x"}, {"x", "a\r\nb"}, {"x", " a"}, {"content-length", "x"}, {"content-length", "1"}, {"host", "other"},
		{"content-length", "0", "content-length", "1"},
	} {
		p.write(p.request(id, flagEndStream, fields...))
		h, b := p.await(frameReset)
		if h.stream != id || code(binary.BigEndian.Uint32(b)) != codeProtocol {
			t.Errorf("%q: stream %d was reset with %x, want %d", fields, h.stream, b, id)
		}
		id += 2
	}
	p.write(p.request(id, flagEndStream, "te", "trailers", "cookie", "a=1", "cookie", "b=2"))
	if h, _ := p.await(frameHeaders); h.stream != id {
		t.Errorf("the stream %d was answered, want %d", h.stream, id)
	}
}

// TestStalledWindow has a client that asks for much and reads nothing: the
// stream's write ends by its deadline.
func TestStalledWindow(t *testing.T) {
	got := make(chan error, 1)
	p, _ := serve(t, Options{}, func(x httpmsg.Stream) {
		defer x.Close()
		var m httpmsg.Message
		if err := x.ReadHead(&m); err != nil {
			got <- err
			return
		}
		m.Reset(nil)
		m.StartResponse(200, "OK", httpmsg.HTTP2)
		if err := x.WriteHead(&m, false); err != nil {
			got <- err
			return
		}
		_ = x.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)) // it does not fail
		n, err := x.Write(make([]byte, 1<<20))
		if n != defaultWindow {
			t.Errorf("%d bytes went, want %d", n, defaultWindow)
		}
		got <- err
	})
	p.hello()
	p.write(p.request(1, flagEndStream))
	if err := <-got; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("writing without a window: %v", err)
	}
}

// TestShutdown lets what is in progress end, and tells the client which stream
// was the last.
func TestShutdown(t *testing.T) {
	c, p := sockets(t)
	s := newServerOn(c)
	goOn := make(chan struct{})
	ended := make(chan error, 1)
	begun := make(chan struct{})
	go func() {
		ended <- s.Serve(func(x httpmsg.Stream) {
			go func() {
				close(begun)
				<-goOn
				answer(x)
			}()
		})
	}()
	p.hello()
	p.write(p.request(1, flagEndStream))
	<-begun
	s.Shutdown()
	_, b := p.await(frameGoAway)
	if last := binary.BigEndian.Uint32(b); last != maxWindow {
		t.Errorf("the first GOAWAY names the stream %d", last)
	}
	_, ping := p.await(framePing)
	p.write(append(appendHead(nil, 8, framePing, flagAck, 0), ping...))
	if _, b := p.await(frameGoAway); binary.BigEndian.Uint32(b) != 1 {
		t.Errorf("the second GOAWAY names the stream %d, want 1", binary.BigEndian.Uint32(b))
	}
	close(goOn)
	if h, _ := p.await(frameData); h.stream != 1 || !h.has(flagEndStream) {
		t.Errorf("the answer: %+v", h)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("Serve goes on after the last stream")
	}
}
