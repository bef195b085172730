// Package fetchtest tests sample fetches by the results of whole expressions.
//
// A test makes an Env of messages as they stand on the wire, and names what
// expressions give on it in a table of Cases. The records are those of the
// packages that the test imports. It is for tests alone; an Env belongs to one
// goroutine.
package fetchtest

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/session"
)

// None stands in a Case for no value.
const None = "<none>"

// Case is an expression and the text that it gives.
type Case [2]string

// Scope makes a scope for a phase over the modules that the test imports.
func Scope(t testing.TB, p expr.Phase) *expr.Scope {
	t.Helper()
	if err := module.Default().Err(); err != nil {
		t.Fatal(err)
	}
	return expr.NewScope(module.Default(), p)
}

// Env makes an Env at noon of 2026-05-01 UTC with a client at 192.0.2.1:1234 and
// a stream; request and response may be empty for none. What follows the
// request's head is its body.
func Env(t testing.TB, request, response string) *expr.Env {
	t.Helper()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	c := &session.Conn{
		Src: netip.MustParseAddrPort("192.0.2.1:1234"), Dst: netip.MustParseAddrPort("198.51.100.1:80"),
		RealSrc: netip.MustParseAddrPort("192.0.2.9:4321"), RealDst: netip.MustParseAddrPort("198.51.100.9:81"),
		Accepted: now.Add(-time.Minute), Requests: 1,
	}
	e := &expr.Env{Phase: expr.HTTPRequest, Conn: c, Stream: &session.Stream{Conn: c, HTTP: true}, Now: now}
	if request != "" {
		e.Req = new(httpmsg.Message)
		p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
		n, err := p.Request(e.Req, []byte(request))
		if err != nil || n == 0 {
			t.Fatalf("the request %q: %d %v", request, n, err)
		}
		e.ReqBody = []byte(request[n:])
	}
	if response != "" {
		e.Res = new(httpmsg.Message)
		p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
		n, err := p.Response(e.Res, []byte(response))
		if err == nil {
			err = p.FrameResponse(e.Res, false, false)
		}
		if err != nil || n == 0 {
			t.Fatalf("the response %q: %d %v", response, n, err)
		}
	}
	return e
}

// Lines makes a message's head of its lines.
func Lines(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n\r\n" }

// Eval gives the text of an expression's value, None when there is none, or
// "error: " and the error when it cannot be parsed.
func Eval(t testing.TB, sc *expr.Scope, e *expr.Env, text string) string {
	t.Helper()
	x, err := expr.ParseExpr(sc, text)
	if err != nil {
		return "error: " + err.Error()
	}
	defer e.Recycle()
	got, ok := x.EvalStr(e)
	if !ok {
		return None
	}
	return string(got)
}

// Run checks cases on one Env.
func Run(t *testing.T, sc *expr.Scope, e *expr.Env, cases []Case) {
	t.Helper()
	for _, c := range cases {
		if got := Eval(t, sc, e, c[0]); got != c[1] {
			t.Errorf("%s gives %q, want %q", c[0], got, c[1])
		}
	}
}

// Hold checks whether conditions hold.
func Hold(t *testing.T, sc *expr.Scope, e *expr.Env, want bool, conditions ...string) {
	t.Helper()
	for _, text := range conditions {
		c, err := expr.ParseCondition(sc, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := c.Eval(e); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

// NoAllocations checks that expressions do not allocate on an Env that has been
// used before.
func NoAllocations(t *testing.T, sc *expr.Scope, e *expr.Env, texts ...string) {
	t.Helper()
	for _, text := range texts {
		x, err := expr.ParseExpr(sc, text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var s expr.Sample
		if n := allocs.Of(func() {
			x.Eval(e, &s)
			e.Recycle()
		}); n != 0 {
			t.Errorf("%s allocates %v times", text, n)
		}
	}
}

// Bare evaluates every fetch that the test imports, with the arguments given for
// its name, in each of its phases on Envs that hold as little as there can be, to
// find a panic. It returns how many evaluations there were.
func Bare(t *testing.T, args map[string]string) (n int) {
	t.Helper()
	for _, name := range expr.FetchKind.Names(module.Default()) {
		f, err := expr.FetchKind.Record(module.Default(), name)
		if err != nil {
			t.Fatal(err)
		}
		text := name + args[name]
		for p := expr.QUICInitial; p <= expr.Log; p++ {
			if !f.Phases.Has(p) {
				continue
			}
			x, err := expr.ParseExpr(Scope(t, p), text)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				break
			}
			for _, e := range []*expr.Env{{}, {Conn: &session.Conn{}}, {Conn: &session.Conn{}, Stream: &session.Stream{}},
				{Conn: &session.Conn{}, Stream: &session.Stream{}, Req: new(httpmsg.Message), Res: new(httpmsg.Message)}} {
				e.Phase = p
				var s expr.Sample
				x.Eval(e, &s)
				n++
			}
		}
	}
	return n
}
