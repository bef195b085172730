// Package actiontest tests actions by what they do to messages.
//
// A test makes an action of its configuration, as it stands in a file, and runs
// it on messages as they stand on the wire:
//
//	tx := actiontest.Tx(t, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "")
//	actiontest.Run(t, tx, expr.HTTPRequest, "set-path", `value = "/b"`)
//	got := actiontest.Head(tx.Req)
//
// Expressions may use the fetches and converters that the test imports. The package
// is for tests alone; a Tx belongs to one goroutine.
package actiontest

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Scope makes a scope for a phase over the modules that the test imports.
func Scope(t testing.TB, p expr.Phase) *expr.Scope {
	t.Helper()
	if err := module.Default().Err(); err != nil {
		t.Fatal(err)
	}
	return expr.NewScope(module.Default(), p)
}

// Make makes an action of the TOML of its table and compiles it in sc.
func Make(t testing.TB, sc *expr.Scope, name, config string) (action.Action, error) {
	t.Helper()
	return makeIn(t, module.NewContext(module.ContextOptions{}), sc, name, config)
}

func makeIn(t testing.TB, ctx *module.Context, sc *expr.Scope, name, config string) (action.Action, error) {
	t.Helper()
	entry, err := action.Kind.Lookup(ctx.Registry(), name)
	if err != nil {
		t.Fatal(err)
	}
	node, err := tree.Parse("test.toml", []byte(config), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	a, err := entry.Build(ctx, func(into any) error { return node.Decode(into) })
	if err != nil {
		return nil, err
	}
	return a, a.Compile(sc)
}

// Must is Make for a configuration that is right, in a list where the action
// may stand.
func Must(t testing.TB, sc *expr.Scope, name, config string) action.Action {
	t.Helper()
	return MustIn(t, module.NewContext(module.ContextOptions{}), sc, name, config)
}

// MustIn is Must in a context of the test's own.
func MustIn(t testing.TB, ctx *module.Context, sc *expr.Scope, name, config string) action.Action {
	t.Helper()
	a, err := makeIn(t, ctx, sc, name, config)
	if err != nil {
		t.Fatalf("%s %q: %v", name, config, err)
	}
	if !a.Phases().Has(sc.Phase) {
		t.Fatalf("%s cannot stand in %s rules", name, sc.Phase)
	}
	return a
}

// Tx makes a stream of a client at 192.0.2.1:1234 in frontend "web"; request and
// response may be empty for none.
func Tx(t testing.TB, request, response string) *action.Tx {
	t.Helper()
	c := &session.Conn{Src: netip.MustParseAddrPort("192.0.2.1:1234"), Dst: netip.MustParseAddrPort("198.51.100.1:80")}
	e := &expr.Env{
		Conn: c, Stream: &session.Stream{Conn: c, HTTP: true, Frontend: "web", Backend: "web"},
		Now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	}
	tx := &action.Tx{Env: e}
	if request != "" {
		e.Req = new(httpmsg.Message)
		parse(t, e.Req, request, (*http1.Parser).Request)
	}
	if response != "" {
		e.Res = new(httpmsg.Message)
		parse(t, e.Res, response, (*http1.Parser).Response)
	}
	return tx
}

func parse(t testing.TB, m *httpmsg.Message, text string, fn func(*http1.Parser, *httpmsg.Message, []byte) (int, error)) {
	t.Helper()
	p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
	if n, err := fn(&p, m, []byte(text)); err != nil || n == 0 {
		t.Fatalf("the message %q: %d %v", text, n, err)
	}
}

// Run makes an action and runs it in a phase.
func Run(t testing.TB, tx *action.Tx, p expr.Phase, name, config string) action.Verdict {
	t.Helper()
	tx.Phase = p
	return Must(t, Scope(t, p), name, config).Run(tx)
}

// Lines makes a message's head of its lines.
func Lines(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n\r\n" }

// Head gives a message's head as it leaves, its lines parted by " | ".
func Head(m *httpmsg.Message) string {
	return strings.ReplaceAll(strings.TrimSuffix(string(m.AppendHead(nil)), "\r\n\r\n"), "\r\n", " | ")
}

// Reply gives a reply as text: status, flags, fields and body, parted by " | ".
func Reply(r *action.Reply) string {
	out := []string{strconv.Itoa(r.Status)}
	for _, f := range []struct {
		on   bool
		name string
	}{{r.Errorfile, "errorfile"}, {r.Denied, "denied"}, {r.Close, "close"}} {
		if f.on {
			out = append(out, f.name)
		}
	}
	if r.ContentType != "" {
		out = append(out, "type "+r.ContentType)
	}
	for _, h := range r.Header {
		out = append(out, h.Name+": "+string(h.Value))
	}
	return strings.Join(append(out, string(r.Body)), " | ")
}

// NoAllocations checks that an action does not allocate on a stream that it has
// run on before. Messages grow by edits, so prepare is called before each run to
// make the stream new.
func NoAllocations(t *testing.T, tx *action.Tx, p expr.Phase, prepare func(), name, config string) {
	t.Helper()
	tx.Phase = p
	a := Must(t, Scope(t, p), name, config)
	run := func() {
		tx.Recycle()
		prepare()
		a.Run(tx)
	}
	run()
	if n := allocs.Of(run); n > 0 {
		t.Errorf("%s %q allocates %v times", name, config, n)
	}
}

// Refused checks that a configuration is refused with a text that has want in it.
func Refused(t *testing.T, p expr.Phase, name, config, want string) {
	t.Helper()
	_, err := Make(t, Scope(t, p), name, config)
	switch {
	case err == nil:
		t.Errorf("%s takes %q", name, config)
	case !strings.Contains(err.Error(), want):
		t.Errorf("%s %q: the error %q lacks %q", name, config, err, want)
	}
}

// Again gives what makes a request new for NoAllocations: it is read once more.
func Again(m *httpmsg.Message, text []byte) func() {
	p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
	return func() {
		p.Next()
		if n, err := p.Request(m, text); err != nil || n == 0 {
			panic("the request that was read before cannot be read again")
		}
	}
}

// TryTx is Tx for a request that may be wrong; then it gives nil.
func TryTx(request string) *action.Tx {
	p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
	m := new(httpmsg.Message)
	if n, err := p.Request(m, []byte(request)); err != nil || n != len(request) {
		return nil
	}
	c := &session.Conn{}
	return &action.Tx{Env: &expr.Env{Conn: c, Stream: &session.Stream{Conn: c, HTTP: true}, Req: m}}
}

// Reparse checks that the head that leaves is one that can be read, with as many
// fields as m has.
func Reparse(t testing.TB, m *httpmsg.Message) {
	t.Helper()
	head := m.AppendHead(nil)
	p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
	var again httpmsg.Message
	n, err := p.Request(&again, head)
	if err != nil || n != len(head) {
		t.Errorf("the head %q cannot be read: %d %v", head, n, err)
		return
	}
	want := 0
	for i := range m.Fields() {
		if !m.Deleted(i) {
			want++
		}
	}
	if again.Fields() != want {
		t.Errorf("the head %q has %d fields, not %d", head, again.Fields(), want)
	}
}
