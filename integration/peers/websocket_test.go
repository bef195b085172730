package peers

import (
	"bytes"
	"context"

	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
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
