package expr

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/session"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // for the dates of formats
	os.Exit(m.Run())
}

// testRegistry has a handful of fetches, converters and matchers: enough to
// speak the language, nothing more.
func testRegistry(t testing.TB) *module.Registry {
	t.Helper()
	r := module.NewRegistry()
	text := []Arg{{Name: "value", Type: ArgStr}}
	constant := func(out Type, arg ArgType, eval func(a *Args, s *Sample)) Fetch {
		return Fetch{Doc: "gives its argument", Out: out, Args: []Arg{{Name: "value", Type: arg}}, Phases: Everywhere,
			Eval: func(_ *Env, a *Args, s *Sample) bool { eval(a, s); return true }}
	}
	str := constant(Str, ArgStr, func(a *Args, s *Sample) { s.SetStr(a.Data.([]byte)) })
	str.Bind = func(_ *Scope, a *Args) error { a.Data = []byte(a.Str(0)); return nil }
	for name, f := range map[string]Fetch{
		"str":  str,
		"int":  constant(Int, ArgInt, func(a *Args, s *Sample) { s.SetInt(a.V[0].Int) }),
		"ip":   constant(IP, ArgIP, func(a *Args, s *Sample) { s.SetIP(a.V[0].IP) }),
		"src":  {Doc: "client", Out: IP, Phases: Everywhere, Eval: func(e *Env, _ *Args, s *Sample) bool { s.SetIP(e.Conn.Src.Addr()); return true }},
		"bin":  {Doc: "three bytes", Out: Bin, Phases: Everywhere, Eval: func(_ *Env, _ *Args, s *Sample) bool { s.SetBin(rawBytes); return true }},
		"none": {Doc: "has no value", Out: Str, Phases: Everywhere, Eval: func(*Env, *Args, *Sample) bool { return false }},
		"path": {Doc: "path", Out: Str, Phases: WithRequest, Eval: func(e *Env, _ *Args, s *Sample) bool { s.SetStr(e.Input); return true }},
		"hdr":  {Doc: "values of a, b and c", Out: Str, Args: text, Phases: WithRequest, Multi: true, Eval: several},
		"last": {Doc: "values of which the last counts", Out: Str, Args: text, Phases: Everywhere, Multi: true, Last: true, Eval: several},
		"var": {Doc: "variable", Out: Str, Args: []Arg{{Name: "name", Type: ArgVar}}, Phases: Everywhere,
			Eval: func(e *Env, a *Args, s *Sample) bool { return e.Vars.Get(a.V[0].Var, s) }},
		"always_true":  {Doc: "true", Out: Bool, Phases: Everywhere, Eval: func(_ *Env, _ *Args, s *Sample) bool { s.SetBool(true); return true }},
		"always_false": {Doc: "false", Out: Bool, Phases: Everywhere, Eval: func(_ *Env, _ *Args, s *Sample) bool { s.SetBool(false); return true }},
		"bound": {Doc: "refuses", Out: Str, Phases: Everywhere, Bind: func(*Scope, *Args) error { return errors.New("not today") },
			Eval: func(*Env, *Args, *Sample) bool { return false }},
	} {
		module.RegisterRecordIn(r, FetchKind, name, f.Doc, f)
	}
	for name, c := range testConverters() {
		module.RegisterRecordIn(r, ConverterKind, name, c.Doc, c)
	}
	for name, m := range testMatchers() {
		module.RegisterRecordIn(r, MatcherKind, name, m.Doc, m)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

var parts = [][]byte{[]byte("one"), []byte("two"), []byte("three")}

var rawBytes = []byte("\x00\n\xff")

// several gives the values "one", "two" and "three".
func several(_ *Env, _ *Args, s *Sample) bool {
	if s.Next >= len(parts) {
		return false
	}
	next := s.Next + 1
	s.SetStr(parts[s.Next])
	s.Next = next
	return true
}

func testConverters() map[string]Converter {
	return map[string]Converter{
		"upper": {Doc: "upper case", In: Str, Out: Str, Eval: func(e *Env, _ *Args, s *Sample) bool {
			out := e.Scratch(len(s.Bytes))
			for _, c := range s.Bytes {
				if 'a' <= c && c <= 'z' {
					c -= 'a' - 'A'
				}
				out = append(out, c)
			}
			s.SetStr(out)
			return true
		}},
		"length": {Doc: "length", In: Str, Out: Int, Eval: func(_ *Env, _ *Args, s *Sample) bool { s.SetInt(int64(len(s.Bytes))); return true }},
		"add": {Doc: "add", In: Int, Out: Int, Args: []Arg{{Name: "value", Type: ArgInt}, {Name: "more", Type: ArgInt, Optional: true}},
			Eval: func(_ *Env, a *Args, s *Sample) bool { s.SetInt(s.Int + a.V[0].Int + a.Int(1, 0)); return true }},
		"same":  {Doc: "same", In: Any, Out: Any, Eval: func(*Env, *Args, *Sample) bool { return true }},
		"drop":  {Doc: "gives nothing", In: Any, Out: Any, Eval: func(*Env, *Args, *Sample) bool { return false }},
		"as_ip": {Doc: "address", In: IP, Out: IP, Eval: func(*Env, *Args, *Sample) bool { return true }},
		"re":    {Doc: "regex", In: Str, Out: Bool, Args: []Arg{{Name: "regex", Type: ArgRegex}}, Eval: func(_ *Env, a *Args, s *Sample) bool { s.SetBool(a.V[0].Regex.Match(s.Bytes)); return true }},
		"set": {Doc: "set", In: Any, Out: Any, Args: []Arg{{Name: "var", Type: ArgVar}},
			Eval: func(e *Env, a *Args, s *Sample) bool { e.Vars.Set(a.V[0].Var, s); return true }},
		"typed": {Doc: "all kinds of arguments", In: Any, Out: Any, Args: []Arg{
			{Name: "size", Type: ArgSize, Optional: true}, {Name: "time", Type: ArgDuration, Optional: true}, {Name: "ip", Type: ArgIP, Optional: true},
			{Name: "mask", Type: ArgMask, Optional: true}, {Name: "mask6", Type: ArgMask6, Optional: true}, {Name: "backend", Type: ArgBackend, Optional: true},
			{Name: "server", Type: ArgServer, Optional: true}, {Name: "number", Type: ArgIntOrVar, Optional: true}, {Name: "text", Type: ArgStrOrVar, Optional: true},
			{Name: "frontend", Type: ArgFrontend, Optional: true}, {Name: "users", Type: ArgUserlist, Optional: true},
		}, Eval: func(e *Env, a *Args, s *Sample) bool {
			var out []byte
			for _, v := range a.V {
				switch {
				case v.Var != nil:
					out = fmt.Appendf(out, "var %s|", v.Var.Name)
				case v.IP.IsValid():
					out = fmt.Appendf(out, "%s|", v.IP)
				default:
					out = fmt.Appendf(out, "%d|", v.Int)
				}
			}
			s.SetStr(out)
			return true
		}},
	}
}

type setOf struct {
	match func(s *Sample) bool
}

func (x setOf) Match(_ *Env, s *Sample) bool { return x.match(s) }

func testMatchers() map[string]Matcher {
	text := func(has func(s, p string) bool) func([]string, bool) (PatternSet, error) {
		return func(patterns []string, fold bool) (PatternSet, error) {
			return setOf{func(s *Sample) bool {
				for _, p := range patterns {
					if has(String(s.Bytes), p) || fold && strings.EqualFold(String(s.Bytes), p) {
						return true
					}
				}
				return false
			}}, nil
		}
	}
	return map[string]Matcher{
		"str": {Doc: "whole", In: Str, Compile: text(func(s, p string) bool { return s == p })},
		"beg": {Doc: "begins", In: Str, Compile: text(strings.HasPrefix)},
		"bool": {Doc: "true", In: Bool, Compile: func([]string, bool) (PatternSet, error) {
			return setOf{func(s *Sample) bool { return s.Int != 0 }}, nil
		}},
		"int": {Doc: "equal", In: Int, Compile: func(patterns []string, _ bool) (PatternSet, error) {
			n, err := parseInt(patterns[0])
			return setOf{func(s *Sample) bool { return s.Int == n }}, err
		}},
		"ip": {Doc: "equal", In: IP, Compile: func(patterns []string, _ bool) (PatternSet, error) {
			var list []netip.Prefix
			for _, text := range patterns {
				if !strings.Contains(text, "/") {
					text += "/32"
				}
				p, err := netip.ParsePrefix(text)
				if err != nil {
					return nil, err
				}
				list = append(list, p)
			}
			return setOf{func(s *Sample) bool {
				for _, p := range list {
					if p.Contains(s.Addr) {
						return true
					}
				}
				return false
			}}, nil
		}},
	}
}

// testScope has the ACLs yes, no, either, api and late, the last of which needs a request.
func testScope(t testing.TB, p Phase) *Scope {
	t.Helper()
	sc := NewScope(testRegistry(t), p)
	for name, lines := range map[string][]string{
		"yes": {"always_true"}, "no": {"always_false"}, "either": {"always_false", "always_true"},
		"api": {"path_beg /api /v1"}, "10": {"src 10.0.0.0/8"},
	} {
		if err := sc.DefineACL(name, lines); err != nil {
			t.Fatalf("acl %s: %v", name, err)
		}
	}
	return sc
}

func testEnv() *Env {
	c := &session.Conn{ID: 7, Src: netip.MustParseAddrPort("10.1.2.3:4567"), Dst: netip.MustParseAddrPort("[2001:db8::1]:443"),
		Accepted: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)}
	return &Env{Conn: c, Input: []byte("/api/users"), Stream: &session.Stream{
		Conn: c, Frontend: "web", Backend: "app", Server: "s1", Status: 200, BytesOut: 1234, Term: [4]byte{'-', '-', '-', '-'},
		RequestLine: []byte("GET /api/users?id=1 HTTP/1.1"), Begin: c.Accepted, HTTP: true,
		Request: 2 * time.Millisecond, Queue: 0, Connect: 3 * time.Millisecond, Response: 4 * time.Millisecond, Total: 20 * time.Millisecond,
	}}
}

// wantError checks that err is an *Error with this text and offset.
func wantError(t *testing.T, what string, err error, off int, want string) {
	t.Helper()
	var e *Error
	switch {
	case err == nil:
		t.Errorf("%s: no error, want %q", what, want)
	case !errors.As(err, &e):
		t.Errorf("%s: %v is no *Error", what, err)
	case e.Error() != want:
		t.Errorf("%s: error\n %q, want\n %q", what, e, want)
	case e.Off != off:
		t.Errorf("%s: error at %d, want %d", what, e.Off, off)
	}
}
