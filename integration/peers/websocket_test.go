package peers

import (
	"bytes"
	"context"
	"io"

	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
)

// echo answers WebSocket messages with themselves.
func echo(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	for {
		kind, b, err := c.Read(r.Context())
		if err != nil {
			return
		}
		if err := c.Write(r.Context(), kind, b); err != nil {
			return
		}
	}
}

// TestWebSocketHTTP3 talks through an extended CONNECT of HTTP/3 (RFC 9220).
func TestWebSocketHTTP3(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(s.Close)
	f := front(t, `"`+s.Listener.Addr().String()+`"`)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tr := &http3.Transport{TLSClientConfig: f.clientTLS()}
	defer tr.Close()
	config := http3.ConfigureTLSConfig(f.clientTLS())
	qc, err := quic.DialAddr(ctx, f.secure, config, nil)
	if err != nil {
		t.Fatal(err)
	}
	cc := tr.NewClientConn(qc)
	select {
	case <-cc.ReceivedSettings():
	case <-ctx.Done():
		t.Fatal("no settings have come")
	}
	if !cc.Settings().EnableExtendedConnect {
		t.Fatal("extended CONNECT is not announced")
	}
	x, err := cc.OpenRequestStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodConnect, "https://"+f.secure+"/chat", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Proto = "websocket"
	r.Header.Set("Sec-WebSocket-Version", "13")
	if err := x.SendRequestHeader(r); err != nil {
		t.Fatal(err)
	}
	res, err := x.ReadResponse()
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("the answer to CONNECT: %v, %v", res, err)
	}
	// A masked text frame, and the same unmasked back (RFC 6455 section 5.2).
	if _, err := x.Write([]byte{0x81, 0x85, 1, 2, 3, 4, 'h' ^ 1, 'e' ^ 2, 'l' ^ 3, 'l' ^ 4, 'o' ^ 1}); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 7)
	if _, err := io.ReadFull(x, got); err != nil || string(got) != "\x81\x05hello" {
		t.Errorf("came back: %q, %v", got, err)
	}
}

// TestWebSocketHTTP1 talks through an upgrade, plain and in TLS.
func TestWebSocketHTTP1(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(s.Close)
	f := front(t, `"`+s.Listener.Addr().String()+`"`)
	for url, c := range map[string]*http.Client{
		"ws://" + f.plain:   http.DefaultClient,
		"wss://" + f.secure: {Transport: &http.Transport{TLSClientConfig: f.clientTLS()}},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ws, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: c})
		if err != nil {
			t.Fatal(err)
		}
		ws.SetReadLimit(1 << 20)
		for _, n := range []int{0, 1, 1000, 100_000, 1 << 20} {
			sent := bytes.Repeat([]byte("x"), n)
			if err := ws.Write(ctx, websocket.MessageBinary, sent); err != nil {
				t.Fatal(err)
			}
			if _, got, err := ws.Read(ctx); err != nil || !bytes.Equal(got, sent) {
				t.Errorf("%s: %d bytes came back of %d: %v", url, len(got), n, err)
			}
		}
		if err := ws.Close(websocket.StatusNormalClosure, ""); err != nil {
			t.Error(err)
		}
	}
}
