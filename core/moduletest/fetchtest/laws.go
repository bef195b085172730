package fetchtest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/samples"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Laws checks what every fetch must do, for uses as they stand in expressions,
// such as "acme.tenant" or "acme.part(2)": in each of its phases, and on streams
// of which little is known yet, it gives values of the type that it declares,
// for many streams at once; several values come to an end; and it does not
// allocate.
func Laws(t *testing.T, uses ...string) {
	t.Helper()
	for _, use := range uses {
		t.Run(use, func(t *testing.T) {
			name, _, _ := strings.Cut(use, "(")
			f, err := expr.FetchKind.Record(module.Default(), name)
			if err != nil {
				t.Fatal(err)
			}
			if f.Phases == 0 || f.Phases&^expr.Everywhere != 0 {
				t.Fatalf("Phases are %b: name at least one of those of core/expr", f.Phases)
			}
			for p := expr.QUICInitial; p <= expr.Log; p++ {
				if !f.Phases.Has(p) {
					continue
				}
				x, err := expr.ParseExpr(Scope(t, p), use)
				if err != nil {
					t.Fatalf("in %v: %v", p, err)
				}
				for what, env := range situations(t, p) {
					obeys(t, p.String()+", "+what, x, env)
				}
				ends(t, p, use)
			}
		})
	}
}

// situations are what may be known in a phase, as functions, since each
// goroutine needs an Env of its own.
func situations(t *testing.T, p expr.Phase) map[string]func() *expr.Env {
	with := func(e *expr.Env) *expr.Env { e.Phase = p; return e }
	conn := &session.Conn{}
	request := Lines("POST /a/b?c=d HTTP/1.1", "Host: example.com", "Cookie: a=b", "Content-Length: 3") + "e=f"
	response := Lines("HTTP/1.1 200 OK", "Content-Length: 0", "Set-Cookie: a=b")
	return map[string]func() *expr.Env{
		"nothing known": func() *expr.Env { return with(&expr.Env{}) },
		"a connection":  func() *expr.Env { return with(&expr.Env{Conn: conn}) },
		"a stream":      func() *expr.Env { return with(&expr.Env{Conn: conn, Stream: &session.Stream{Conn: conn}}) },
		"empty messages": func() *expr.Env {
			return with(&expr.Env{Conn: conn, Stream: &session.Stream{Conn: conn}, Req: new(httpmsg.Message), Res: new(httpmsg.Message)})
		},
		"a request":         func() *expr.Env { return with(Env(t, request, "")) },
		"both messages":     func() *expr.Env { return with(Env(t, request, response)) },
		"bytes of a client": func() *expr.Env { e := Env(t, "", ""); e.Input = []byte("\x16\x03\x01\x00"); return with(e) },
	}
}

func obeys(t *testing.T, name string, x *expr.Expr, env func() *expr.Env) {
	t.Helper()
	var s expr.Sample
	e := env()
	had := x.Eval(e, &s)
	if out := x.Type(); had && out != expr.Any && s.Type != out {
		t.Errorf("%s: the value is of type %v, and Out is %v", name, s.Type, out)
	}
	envs := []*expr.Env{env(), env(), env(), env()}
	var wg sync.WaitGroup
	for _, e := range envs {
		wg.Go(func() {
			for range 3 {
				var s expr.Sample
				x.Eval(e, &s)
				samples.Copy(s) // reads what it views
				e.Recycle()
			}
		})
	}
	wg.Wait()
	if n := allocs.Of(func() { x.Eval(e, &s); e.Recycle() }); had && n > 0 {
		t.Errorf("%s: it allocates %v times: take space from Env.Scratch", name, n)
	}
}

// endless is how long the values of a fetch may take.
const endless = 20 * time.Second

// ends checks that a fetch with several values has a last one.
func ends(t *testing.T, p expr.Phase, use string) {
	t.Helper()
	r := module.Default().Clone()
	const never = "matches-nothing"
	if _, err := expr.MatcherKind.Lookup(r, never); err != nil {
		doc := "matches nothing"
		module.RegisterRecordIn(r, expr.MatcherKind, never, doc, expr.Matcher{Doc: doc, In: expr.Any,
			Compile: func([]string, bool) (expr.PatternSet, error) { return nothing{}, nil }})
	}
	c, err := expr.ParseCondition(expr.NewScope(r, p), "{ "+use+" -m "+never+" x }")
	if err != nil {
		t.Fatalf("in %v: %v", p, err)
	}
	for what, env := range situations(t, p) {
		e, done := env(), make(chan struct{})
		go func() { defer close(done); c.Eval(e) }()
		select {
		case <-done:
		case <-time.After(endless):
			t.Fatalf("%v, %s: its values do not come to an end: return false after the last one", p, what)
		}
	}
}

type nothing struct{}

func (nothing) Match(*expr.Env, *expr.Sample) bool { return false }
