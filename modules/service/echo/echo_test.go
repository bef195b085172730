package echo_test

import (
	"net/netip"
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/service"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/service/echo"
)

func TestServe(t *testing.T) {
	var m httpmsg.Message
	p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
	if n, err := p.Request(&m, []byte("GET /a?b HTTP/1.1\r\nHost: h\r\nX-A:  1\r\nX-B: 2\r\n\r\n")); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	m.DelHeader("x-b")
	m.AddHeaderString("X-C", "3")
	tx := action.Tx{Env: &expr.Env{Conn: &session.Conn{}, Req: &m}}
	for _, c := range []struct {
		client netip.AddrPort
		want   string
	}{
		{netip.MustParseAddrPort("192.0.2.1:1234"), "192.0.2.1:1234"},
		{netip.AddrPort{}, "-"}, // a UNIX socket
	} {
		tx.Conn.Src = c.client
		echo.Service{}.Serve(&tx)
		r := tx.Reply
		if want := "client: " + c.want + "\nGET /a?b HTTP/1.1\nHost: h\nX-A: 1\nX-C: 3\n"; string(r.Body) != want {
			t.Errorf("got %q, want %q", r.Body, want)
		}
		if r.Status != 200 || r.ContentType != "text/plain; charset=utf-8" {
			t.Errorf("status %d, type %q", r.Status, r.ContentType)
		}
	}
}

func TestConformance(t *testing.T) { moduletest.Run(t, service.Kind, "echo") }
