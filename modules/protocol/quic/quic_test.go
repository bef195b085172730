package quic

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/httphead"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/secure"
)

func TestConformance(t *testing.T) { moduletest.Run(t, protocol.Kind, "quic") }

// settings are TLS settings with a certificate made for the test.
func settings(t *testing.T) protocol.TLS {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return secure.Plain{Config: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}}
}

// listen answers every request with "hello" and gives the address.
func listen(t *testing.T) protocol.SessionListener { return listenWith(t, nil) }

func listenWith(t *testing.T, o *protocol.SessionOptions) protocol.SessionListener {
	t.Helper()
	ctx := module.NewContext(module.ContextOptions{})
	t.Cleanup(func() {
		if err := ctx.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	p, err := New(ctx, struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	addrs, err := address.ParseBind("quic@127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.Listen(addrs[0], &protocol.ListenOptions{TLS: settings(t), Sessions: o})
	if err != nil {
		t.Fatal(err)
	}
	l := list[0].(protocol.SessionListener)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			var info protocol.Accepted
			s, err := l.AcceptSession(&info)
			if err != nil {
				return
			}
			go func() {
				_ = s.Serve(func(x httpmsg.Stream) { go hello(x) }) // the client sees how it ends
				_ = s.Close()
			}()
		}
	}()
	return l
}

func hello(x httpmsg.Stream) {
	defer x.Close()
	var m httpmsg.Message
	if x.ReadHead(&m) != nil {
		return
	}
	var p [1024]byte
	for {
		if _, err := x.Read(p[:]); err != nil {
			break
		}
	}
	m.Reset(nil)
	m.StartResponse(200, "OK", httpmsg.HTTP3)
	if x.WriteHead(&m, false) == nil {
		_, _ = x.WriteLast([]byte("hello")) // the client sees what came
	}
}

func dial(t *testing.T, l protocol.SessionListener) *quic.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, at, _ := strings.Cut(l.Addr(), "@")
	c, err := quic.DialAddr(ctx, at, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{alpn}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseWithError(0, "") })
	return c
}

// frame makes a frame.
func frame(typ uint64, payload ...byte) []byte {
	return append(quicvarint.Append(quicvarint.Append(nil, typ), uint64(len(payload))), payload...)
}

// get is a valid request's head: GET https / with an authority.
func get(more ...byte) []byte {
	return frame(frameHeaders, append([]byte{0, 0, 0xc0 | methodGet, 0xc0 | schemeHTTPS, 0xc0 | pathRoot, 0x50, 1, 'a'}, more...)...)
}

// literal is a field with a name of its own.
func literal(name, value string) []byte {
	b := append(httphead.AppendInt(nil, 0x20, 3, len(name)), name...)
	return append(httphead.AppendInt(b, 0, 7, len(value)), value...)
}

// TestMalformedConnections has clients break the rules of HTTP/3 in ways that
// end the connection, each with its code (RFC 9114 section 8.1).
func TestMalformedConnections(t *testing.T) {
	l := listen(t)
	control := func(b ...byte) []byte { return append([]byte{streamControl}, b...) }
	settled := func(frames ...[]byte) []byte {
		return control(append(frame(frameSettings), bytes.Join(frames, nil)...)...)
	}
	for name, c := range map[string]struct {
		uni     []byte // what is sent on a unidirectional stream
		request []byte // what is sent on a request's stream
		fin     bool   // the unidirectional stream ends
		want    code
	}{
		"data before the head":         {request: frame(frameData, 'x'), want: codeFrameUnexpected},
		"settings in a request":        {request: frame(frameSettings), want: codeFrameUnexpected},
		"a frame of HTTP/2":            {request: frame(0x8), want: codeFrameUnexpected},
		"push promise":                 {request: append(get(), frame(framePushPromise, 0)...), want: codeFrameUnexpected},
		"a head of nonsense":           {request: frame(frameHeaders, 0, 0, 0xff, 0xff, 0xff), want: codeQPACK},
		"a dynamic table":              {request: frame(frameHeaders, 2, 0, 0x80), want: codeQPACK},
		"no settings":                  {uni: control(frame(frameGoAway, 0)...), want: codeMissingSettings},
		"settings twice":               {uni: control(append(frame(frameSettings), frame(frameSettings)...)...), want: codeFrameUnexpected},
		"a setting twice":              {uni: control(frame(frameSettings, 6, 1, 6, 1)...), want: codeSettings},
		"a setting of HTTP/2":          {uni: control(frame(frameSettings, 2, 1)...), want: codeSettings},
		"a request in control":         {uni: control(append(frame(frameSettings), get()...)...), want: codeFrameUnexpected},
		"a control stream that ends":   {uni: control(frame(frameSettings)...), fin: true, want: codeClosedCritical},
		"a push":                       {uni: []byte{streamPush}, want: codeStreamCreation},
		"a malformed goaway":           {uni: control(append(frame(frameSettings), frame(frameGoAway)...)...), want: codeFrame},
		"a goaway taken back":          {uni: settled(frame(frameGoAway, 4), frame(frameGoAway, 8)), want: codeID},
		"a limit of pushes taken back": {uni: settled(frame(frameMaxPushID, 4), frame(frameMaxPushID, 3)), want: codeID},
		"a push given up":              {uni: settled(frame(frameMaxPushID, 4), frame(frameCancelPush, 1)), want: codeID},
		"a push's priority":            {uni: settled(frame(framePushPriority, 0)), want: codeID},
		"the priority of no request":   {uni: settled(frame(framePriority, 3)), want: codeID},
		"that of one beyond all":       {uni: settled(frame(framePriority, quicvarint.Append(nil, 4*defaultStreams)...)), want: codeID},
		"a priority in a request":      {request: frame(framePriority, 0), want: codeFrameUnexpected},
	} {
		t.Run(name, func(t *testing.T) {
			q := dial(t, l)
			if c.uni != nil {
				s, err := q.OpenUniStream()
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Write(c.uni); err != nil {
					t.Fatal(err)
				}
				if c.fin {
					s.Close()
				}
			}
			if c.request != nil {
				s, err := q.OpenStream()
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Write(c.request); err != nil {
					t.Fatal(err)
				}
			}
			select {
			case <-q.Context().Done():
			case <-time.After(30 * time.Second):
				t.Fatal("the connection goes on")
			}
			var ae *quic.ApplicationError
			if err := context.Cause(q.Context()); !errors.As(err, &ae) || code(ae.ErrorCode) != c.want {
				t.Errorf("it ended with %v, want %#x", err, uint64(c.want))
			}
		})
	}
}

// TestMalformedRequests has requests that break HTTP's rules reset, and the
// connection go on.
func TestMalformedRequests(t *testing.T) {
	l := listen(t)
	q := dial(t, l)
	for name, request := range map[string][]byte{
		"upper case":                    get(literal("Upper", "x")...),
		"connection":                    get(literal("connection", "close")...),
		"a pseudo-field at the end":     get(append(literal("x", "y"), literal(":path", "/")...)...),
		"a response's":                  get(literal(":status", "200")...),
		"two lengths":                   get(append(literal("content-length", "1"), literal("content-length", "2")...)...),
		"more than the length":          append(get(literal("content-length", "1")...), frame(frameData, 'a', 'b')...),
		"less than the length":          append(get(literal("content-length", "3")...), frame(frameData, 'a', 'b')...),
		"a line break in a field":       get(literal("x", "a\r\nb")...),
		"pseudo-fields in the trailers": append(append(get(), frame(frameData, 'a')...), frame(frameHeaders, append([]byte{0, 0}, literal(":path", "/")...)...)...),
	} {
		s, err := q.OpenStream()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := s.Write(request); err != nil {
			t.Fatal(err)
		}
		s.Close()
		var p [256]byte
		_ = s.SetReadDeadline(time.Now().Add(30 * time.Second))
		for err == nil {
			_, err = s.Read(p[:])
		}
		var se *quic.StreamError
		if !errors.As(err, &se) || code(se.ErrorCode) != codeMessage {
			t.Errorf("%s: %v, want the code %#x", name, err, uint64(codeMessage))
		}
	}
	if q.Context().Err() != nil {
		t.Error("the connection has ended")
	}
}

// ask sends a request and takes the answer.
func ask(t *testing.T, q *quic.Conn) {
	t.Helper()
	s, err := q.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(get()); err != nil {
		t.Fatal(err)
	}
	s.Close()
	b, err := io.ReadAll(s)
	if err != nil || !strings.HasSuffix(string(b), "hello") {
		t.Errorf("the answer is %q, %v", b, err)
	}
}

// TestClientGoesAway has a client say that it takes no more pushes, of which there are
// none, while a request is on its way: that is answered, and others may follow.
func TestClientGoesAway(t *testing.T) {
	q := dial(t, listen(t))
	s, err := q.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(get()); err != nil {
		t.Fatal(err)
	}
	control, err := q.OpenUniStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := control.Write(slices.Concat([]byte{streamControl}, frame(frameSettings), frame(frameGoAway, 0))); err != nil {
		t.Fatal(err)
	}
	ask(t, q)
	s.Close()
	if b, err := io.ReadAll(s); err != nil || !strings.HasSuffix(string(b), "hello") {
		t.Errorf("the answer is %q, %v", b, err)
	}
}

// TestTakingOver has a second listener at an address take the new connections,
// while the first one's go on.
func TestTakingOver(t *testing.T) {
	first := listen(t)
	q := dial(t, first)
	ask(t, q)
	e := first.(*listener).e
	second := newListener(e, "again", &protocol.ListenOptions{TLS: settings(t)}, slog.Default())
	defer second.Close()
	accepted := make(chan struct{})
	go func() {
		var info protocol.Accepted
		if _, err := second.AcceptSession(&info); err == nil && info.Src.IsValid() && info.TLS != nil {
			close(accepted)
		}
	}()
	for e.current.Load() != second {
		time.Sleep(time.Millisecond)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	dial(t, first)
	select {
	case <-accepted:
	case <-time.After(30 * time.Second):
		t.Error("the second listener got nothing")
	}
	ask(t, q)
	var info protocol.Accepted
	if _, err := first.AcceptSession(&info); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accepting after Close: %v", err)
	}
}

func TestNeedsTLS(t *testing.T) {
	addrs, err := address.ParseBind("quic@127.0.0.1:443")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Protocol{}).Listen(addrs[0], &protocol.ListenOptions{}); err == nil {
		t.Error("it listens without TLS")
	}
}
