package http2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// TestFloods has peers send what costs them little and us much: each loses its
// connection, with the reason.
func TestFloods(t *testing.T) {
	for name, flood := range map[string]func(p *peer, i int) []byte{
		"rapid resets": func(p *peer, i int) []byte {
			id := uint32(2*i + 1)
			return appendReset(p.request(id, flagEndStream), id, codeCancel)
		},
		"pings":               func(*peer, int) []byte { return ping(0) },
		"answers to no pings": func(*peer, int) []byte { return ping(flagAck) },
		"settings":            func(*peer, int) []byte { return appendHead(nil, 0, frameSettings, 0, 0) },
		"answers to no settings": func(*peer, int) []byte {
			return appendHead(nil, 0, frameSettings, flagAck, 0)
		},
		"large settings": func(*peer, int) []byte {
			b := appendHead(nil, 6*2000, frameSettings, 0, 0)
			for range 2000 {
				b = appendSetting(b, settingInitialWindow, defaultWindow)
			}
			return b
		},
		"windows": func(*peer, int) []byte { return appendWindowUpdate(nil, 0, 1) },
		"windows of a stream": func(p *peer, i int) []byte {
			if i == 0 {
				return p.request(1, 0)
			}
			return appendWindowUpdate(nil, 1, 1)
		},
		"windows of a stream that has ended": func(p *peer, i int) []byte {
			if i == 0 {
				return p.request(1, flagEndStream)
			}
			return appendWindowUpdate(nil, 1, 1)
		},
		"resets of a stream that has ended": func(p *peer, i int) []byte {
			if i == 0 {
				return p.request(1, flagEndStream)
			}
			return appendReset(nil, 1, codeCancel)
		},
		"empty data": func(p *peer, i int) []byte {
			if i == 0 {
				return p.request(1, 0)
			}
			return appendHead(nil, 0, frameData, 0, 1)
		},
		"priorities": func(*peer, int) []byte { return append(appendHead(nil, 5, framePriority, 0, 1), 0, 0, 0, 0, 1) },
		"unknown":    func(*peer, int) []byte { return appendHead(nil, 0, 0x42, 0, 0) },
		"continuations": func(p *peer, i int) []byte {
			if i == 0 {
				b := p.request(1, flagEndStream)
				b[4] &^= flagEndHeaders
				return b
			}
			return append(appendHead(nil, 16, frameContinuation, 0, 1), bytes.Repeat([]byte{0x40}, 16)...)
		},
		"empty continuations": func(p *peer, i int) []byte {
			if i == 0 {
				b := p.request(1, flagEndStream)
				b[4] &^= flagEndHeaders
				return b
			}
			return appendHead(nil, 0, frameContinuation, 0, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, ended := serve(t, Options{}, answer)
			p.hello()
			go p.flood(flood)
			if c, ok := p.goneAway(); !ok || c != codeCalm {
				t.Errorf("GOAWAY %v with code %d, want %d", ok, c, codeCalm)
			}
			select {
			case <-ended:
			case <-time.After(30 * time.Second):
				t.Error("the connection goes on")
			}
		})
	}
}

// ping gives a PING frame.
func ping(flags uint8) []byte { return append(appendHead(nil, 8, framePing, flags, 0), "12345678"...) }

// flood sends what one gives for numbers from 0 on, until the connection ends.
func (p *peer) flood(one func(p *peer, i int) []byte) {
	for i := range 200_000 {
		if _, err := p.c.Write(one(p, i)); err != nil {
			return
		}
	}
}

// TestFloodsOfServers has servers do the same to those who ask them.
func TestFloodsOfServers(t *testing.T) {
	for name, flood := range map[string]func(p *peer, i int) []byte{
		"pings":      func(*peer, int) []byte { return ping(0) },
		"windows":    func(*peer, int) []byte { return appendWindowUpdate(nil, 0, 1) },
		"goodbyes":   func(*peer, int) []byte { return appendGoAway(nil, 1, codeNo, "") },
		"priorities": func(*peer, int) []byte { return append(appendHead(nil, 5, framePriority, 0, 1), 0, 0, 0, 0, 1) },
		"unknown":    func(*peer, int) []byte { return appendHead(nil, 0, 0x42, 0, 0) },
		"empty data": func(_ *peer, i int) []byte {
			if i == 0 {
				return append(appendHead(nil, 1, frameHeaders, flagEndHeaders, 1), 0x88) // :status 200
			}
			return appendHead(nil, 0, frameData, 0, 1)
		},
		"interim responses": func(*peer, int) []byte {
			return append(appendHead(nil, 5, frameHeaders, flagEndHeaders, 1), 0x08, 3, '1', '0', '3')
		},
	} {
		t.Run(name, func(t *testing.T) {
			k, p := dial(t, Options{})
			x := ask(t, k)
			go func() { // who takes all that comes
				defer x.Close()
				var m httpmsg.Message
				for x.ReadHead(&m) == nil {
				}
				_, _ = io.Copy(io.Discard, x)
			}()
			go p.flood(flood)
			if c, ok := p.goneAway(); !ok || c != codeCalm {
				t.Errorf("GOAWAY %v with code %d, want %d", ok, c, codeCalm)
			}
			select {
			case <-k.Done():
			case <-time.After(30 * time.Second):
				t.Error("the connection goes on")
			}
		})
	}
}

// TestDribble has a client ask for much byte by byte.
func TestDribble(t *testing.T) {
	p, _ := serve(t, Options{}, func(x httpmsg.Stream) {
		defer x.Close()
		var m httpmsg.Message
		if x.ReadHead(&m) != nil {
			return
		}
		m.Reset(nil)
		m.StartResponse(200, "OK", httpmsg.HTTP2)
		if x.WriteHead(&m, false) == nil {
			_, _ = x.Write(make([]byte, 1<<20)) // the client sees what came
		}
	})
	p.write(appendSetting(appendHead([]byte(preface), 6, frameSettings, 0, 0), settingInitialWindow, 0))
	go p.flood(func(p *peer, i int) []byte {
		if i == 0 {
			return p.request(1, flagEndStream)
		}
		return appendWindowUpdate(nil, 1, 1)
	})
	if c, ok := p.goneAway(); !ok || c != codeCalm {
		t.Errorf("GOAWAY %v with code %d, want %d", ok, c, codeCalm)
	}
}

// TestChoresThatHaveReason has a client send with each piece of a long response what
// diligent clients do, and with requests what browsers do: the connection goes on, and
// a low limit of glitches is not met.
func TestChoresThatHaveReason(t *testing.T) {
	const pieces, requests = 3000, 1500
	next := make(chan struct{})
	p, _ := serve(t, Options{GlitchLimit: 2}, func(x httpmsg.Stream) {
		var m httpmsg.Message
		if err := x.ReadHead(&m); err != nil {
			t.Error(err)
		}
		if _, long := m.Header("long"); !long {
			answerTo(x, &m)
			return
		}
		defer x.Close()
		m.Reset(nil)
		m.StartResponse(200, "OK", httpmsg.HTTP2)
		if err := x.WriteHead(&m, false); err != nil {
			t.Error(err)
		}
		for range pieces {
			if _, err := x.Write([]byte("piece")); err != nil {
				t.Error(err)
				return
			}
			<-next
		}
	})
	p.hello()
	p.write(p.request(1, flagEndStream, "long", "yes"))
	for range pieces {
		h, b := p.await(frameData)
		p.write(append(append(appendWindowUpdate(nil, 0, len(b)), appendWindowUpdate(nil, h.stream, len(b))...), ping(0)...))
		next <- struct{}{}
	}
	for i := range uint32(requests) {
		id := 2*i + 3
		b := append(p.request(id, 0), appendWindowUpdate(nil, id, 1<<20)...)
		p.write(append(b, append(appendHead(nil, 5, framePriority, 0, id), 0, 0, 0, 0, 1)...))
		if h, _ := p.await(frameHeaders); h.stream != id {
			t.Fatalf("stream %d was answered, want %d", h.stream, id)
		}
		p.write(appendReset(nil, id, codeCancel))
	}
}

// TestPatienceWearsThin has a client use up three quarters of the glitches that it may
// have: it is told to open no more streams, and those in progress go on.
func TestPatienceWearsThin(t *testing.T) {
	goOn := make(chan struct{})
	p, ended := serve(t, Options{GlitchLimit: 8}, func(x httpmsg.Stream) {
		<-goOn
		answer(x)
	})
	p.hello()
	p.write(p.request(1, 0))
	for range 6 {
		p.write(appendHead(nil, 0, frameData, 0, 1))
	}
	if _, b := p.await(frameGoAway); code(binary.BigEndian.Uint32(b[4:])) != codeNo || binary.BigEndian.Uint32(b) != maxWindow {
		t.Errorf("GOAWAY %x, want a future stream and no error", b)
	}
	close(goOn)
	if h, _ := p.await(frameData); h.stream != 1 {
		t.Errorf("the answer: %+v", h)
	}
	if c, _ := p.goneAway(); c != codeNo {
		t.Errorf("it ends with %d", c)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestPatienceWithServersWearsThin has a server do the same: no more requests go there,
// and that in progress goes on.
func TestPatienceWithServersWearsThin(t *testing.T) {
	k, p := dial(t, Options{GlitchLimit: 8})
	x := ask(t, k)
	defer x.Close()
	p.write(append(appendHead(nil, 1, frameHeaders, flagEndHeaders, 1), 0x88)) // :status 200
	for range 6 {
		p.write(appendHead(nil, 0, frameData, 0, 1))
	}
	p.await(frameGoAway)
	if _, err := k.Open(); err == nil || errors.Is(err, httpmsg.ErrBusy) || k.Room() != 0 {
		t.Errorf("another stream: %v, room for %d", err, k.Room())
	}
	p.write(append(appendHead(nil, 5, frameData, flagEndStream, 1), "hello"...))
	var m httpmsg.Message
	if err := x.ReadHead(&m); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(x); err != nil || string(b) != "hello" {
		t.Errorf("the stream in progress has %q, %v", b, err)
	}
}
