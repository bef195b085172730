package stream_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
	_ "github.com/fairleadproxy/fairlead/modules/action/stream"
)

var request = actiontest.Lines("GET /a?b HTTP/1.1", "Host: h", "X-Src: 10.0.0.9", "X-Src6: 2001:db8::1", "X-Port: 81")

func TestAddresses(t *testing.T) {
	const src, dst = "192.0.2.1:1234", "198.51.100.1:80"
	for _, c := range []struct{ name, expr, src, dst string }{
		{"set-src", "req.hdr(x-src)", "10.0.0.9:1234", dst},
		{"set-src", "req.hdr(x-src6)", "[2001:db8::1]:1234", dst},
		{"set-src", "src,ipmask(24)", "192.0.2.0:1234", dst},
		{"set-src", "req.hdr(host)", src, dst},
		{"set-src", "req.hdr(none)", src, dst},
		{"set-dst", "req.hdr(x-src)", src, "10.0.0.9:80"},
		{"set-src-port", "req.hdr(x-port)", "192.0.2.1:81", dst},
		{"set-src-port", "int(65536)", src, dst},
		{"set-src-port", "int(-1)", src, dst},
		{"set-dst-port", "int(4000)", src, "198.51.100.1:4000"},
	} {
		tx := actiontest.Tx(t, request, "")
		actiontest.Run(t, tx, expr.HTTPRequest, c.name, `expr = "`+c.expr+`"`)
		if got := tx.Conn.Src.String(); got != c.src {
			t.Errorf("%s %s: the source is %s, want %s", c.name, c.expr, got, c.src)
		}
		if got := tx.Conn.Dst.String(); got != c.dst {
			t.Errorf("%s %s: the destination is %s, want %s", c.name, c.expr, got, c.dst)
		}
	}
}

// A client at a UNIX socket has no address for a port to belong to.
func TestNoAddress(t *testing.T) {
	for _, c := range [][3]string{{"set-src-port", "int(81)", "0.0.0.0:81"}, {"set-src", "req.hdr(x-src)", "10.0.0.9:0"}} {
		tx := actiontest.Tx(t, request, "")
		tx.Conn.Src = netip.AddrPort{}
		actiontest.Run(t, tx, expr.HTTPRequest, c[0], `expr = "`+c[1]+`"`)
		if got := tx.Conn.Src.String(); got != c[2] {
			t.Errorf("%s: %s, want %s", c[0], got, c[2])
		}
	}
}

func TestStatus(t *testing.T) {
	for _, c := range [][2]string{
		{`status = 431`, "HTTP/1.1 431 Request Header Fields Too Large | A: b"},
		{"status = 503\nreason = \"Slow Down\"", "HTTP/1.1 503 Slow Down | A: b"},
	} {
		for _, p := range []expr.Phase{expr.HTTPResponse, expr.HTTPAfterResponse} {
			tx := actiontest.Tx(t, request, actiontest.Lines("HTTP/1.1 200 OK", "A: b"))
			actiontest.Run(t, tx, p, "set-status", c[0])
			if got := actiontest.Head(tx.Res); got != c[1] {
				t.Errorf("%q: %s", c[0], got)
			}
			if tx.Stream.Status != tx.Res.Status {
				t.Errorf("%q: the log tells status %d", c[0], tx.Stream.Status)
			}
		}
	}
}

func TestLogLevel(t *testing.T) {
	tx := actiontest.Tx(t, request, "")
	for _, level := range []string{"emerg", "debug", "silent"} {
		actiontest.Run(t, tx, expr.HTTPRequest, "set-log-level", `level = "`+level+`"`)
		if tx.LogLevel != level {
			t.Errorf("the level is %q, want %q", tx.LogLevel, level)
		}
	}
}

func TestCapture(t *testing.T) {
	tx := actiontest.Tx(t, request, actiontest.Lines("HTTP/1.1 200 OK", "A: b"))
	sc := actiontest.Scope(t, expr.HTTPRequest)
	capture := func(p expr.Phase, config string) action.Action {
		return actiontest.Must(t, sc.In(p), "capture", config)
	}
	var rules []action.Action
	for _, c := range []string{
		"expr = \"path\"\nlen = 8", "expr = \"req.hdr(x-src)\"\nlen = 4", "expr = \"req.hdr(none)\"\nlen = 4", "expr = \"req.hdr(x-port)\"\nlen = 4",
		"expr = \"req.hdr(host)\"\nid = 3", "expr = \"req.hdr(host)\"\nid = 4",
	} {
		rules = append(rules, capture(expr.HTTPRequest, c))
	}
	responses := []action.Action{
		capture(expr.HTTPResponse, "expr = \"res.hdr(a)\"\nlen = 8"), capture(expr.HTTPAfterResponse, "expr = \"status\"\nid = 0"),
	}
	tx.Stream.CapturedReq = make([][]byte, sc.Captures.Request)
	tx.Stream.CapturedRes = make([][]byte, sc.Captures.Response)
	for _, a := range rules[1:] { // a condition kept the first from being run
		a.Run(tx)
	}
	if got := texts(tx.Stream.CapturedReq); !slices.Equal(got, []string{"", "10.0", "", "h"}) {
		t.Errorf("captured of the request without the first: %q", got)
	}
	rules[0].Run(tx)
	if got := texts(tx.Stream.CapturedReq); !slices.Equal(got, []string{"/a", "10.0", "", "h"}) {
		t.Errorf("captured of the request: %q", got)
	}
	tx.Phase = expr.HTTPResponse
	for _, a := range responses {
		a.Run(tx)
	}
	if got := texts(tx.Stream.CapturedRes); !slices.Equal(got, []string{"200"}) {
		t.Errorf("captured of the response: %q", got)
	}
}

// What is captured outlives the head that it was found in.
func TestCaptureCopies(t *testing.T) {
	tx := actiontest.Tx(t, request, "")
	tx.Stream.CapturedReq = make([][]byte, 1)
	actiontest.Run(t, tx, expr.HTTPRequest, "capture", "expr = \"path\"\nlen = 8")
	head := tx.Req.Head()
	for i := range head {
		head[i] = 'x'
	}
	if got := texts(tx.Stream.CapturedReq); got[0] != "/a" {
		t.Errorf("captured: %q", got)
	}
}

func texts(list [][]byte) (out []string) {
	for _, b := range list {
		out = append(out, string(b))
	}
	return out
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, config, want string }{
		{"set-log-level", `level = "loud"`, "silent"},
		{"set-status", `status = 100`, "200"},
		{"set-status", `status = 204`, "has no body"},
		{"set-status", `status = 304`, "has no body"},
		{"set-status", "status = 200\nreason = \"a\\nb\"", "control characters"},
		{"set-src", `expr = "nothing"`, "expr: "},
		{"capture", `expr = "path"`, "either len"},
		{"capture", "expr = \"path\"\nlen = 1\nid = 0", "either len"},
		{"capture", "expr = \"path\"\nid = -1", "0"},
		{"capture", "expr = \"nothing\"\nlen = 1", "expr: "},
	} {
		actiontest.Refused(t, expr.HTTPResponse, c.name, c.config, c.want)
	}
}

func TestAllocations(t *testing.T) {
	tx := actiontest.Tx(t, request, "")
	tx.Stream.CapturedReq = make([][]byte, 1)
	prepare := func() { clear(tx.Stream.CapturedReq) }
	for _, c := range [][2]string{
		{"set-src", `expr = "req.hdr(x-src)"`}, {"set-dst-port", `expr = "int(81)"`}, {"capture", "expr = \"path\"\nlen = 8"}, {"set-log-level", `level = "silent"`},
	} {
		actiontest.NoAllocations(t, tx, expr.HTTPRequest, prepare, c[0], c[1])
	}
}
