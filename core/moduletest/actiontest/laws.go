package actiontest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
)

// Options say what an action may do that most must not.
type Options struct {
	// Allocates says that Run may allocate.
	Allocates bool
}

// lists are the rule lists that actions can stand in.
const lists = expr.Phases(1<<expr.QUICInitial | 1<<expr.TCPConnection | 1<<expr.TCPSession | 1<<expr.TCPContent | 1<<expr.HTTPRequest |
	1<<expr.TCPResponse | 1<<expr.HTTPResponse | 1<<expr.HTTPAfterResponse)

// Laws checks what every action must do, with each of the configurations: it
// names the lists it may stand in and compiles in one of them; run there, also by
// many streams at once, it gives a verdict of package action, leaves heads that
// can be read, and with an Answer a reply that can be sent; and it does not
// allocate.
func Laws(t *testing.T, name string, o Options, configs ...string) {
	t.Helper()
	if len(configs) == 0 {
		configs = []string{""}
	}
	for _, c := range configs {
		t.Run("config "+c, func(t *testing.T) {
			a, err := Make(t, Scope(t, firstList(t, name, c)), name, c)
			if err != nil {
				t.Fatal(err)
			}
			if p := a.Phases(); p == 0 || p&^lists != 0 {
				t.Fatalf("Phases are %v: name at least one list of rules, and lists alone", p)
			}
			for p := expr.QUICInitial; p <= expr.HTTPAfterResponse; p++ {
				if !a.Phases().Has(p) {
					continue
				}
				if a, err := Make(t, Scope(t, p), name, c); err == nil { // its expressions may be wrong in some lists
					obeys(t, a, p, o)
				}
			}
		})
	}
}

// firstList gives a list that the action may stand in. Phases does not depend on
// Compile.
func firstList(t *testing.T, name, config string) expr.Phase {
	t.Helper()
	for p := expr.QUICInitial; p <= expr.HTTPAfterResponse; p++ {
		if a, err := Make(t, Scope(t, p), name, config); err == nil && a.Phases().Has(p) {
			return p
		}
	}
	return expr.HTTPRequest // where the error says what is wrong
}

// stream makes one as it is in a list.
func stream(t *testing.T, p expr.Phase) *action.Tx {
	t.Helper()
	request, response := Lines("GET /a/b?c=d HTTP/1.1", "Host: example.com", "X-A: 1", "Cookie: a=b"), ""
	switch p {
	case expr.QUICInitial, expr.TCPConnection, expr.TCPSession, expr.TCPContent, expr.TCPResponse:
		request = ""
	case expr.HTTPResponse, expr.HTTPAfterResponse:
		response = Lines("HTTP/1.1 200 OK", "Content-Length: 0", "X-A: 1")
	}
	tx := Tx(t, request, response)
	tx.Phase = p
	if p == expr.TCPContent || p == expr.TCPResponse {
		tx.Input, tx.InputDone = []byte("hello\n"), true
	}
	return tx
}

func obeys(t *testing.T, a action.Action, p expr.Phase, o Options) {
	t.Helper()
	tx := stream(t, p)
	v := a.Run(tx)
	if v > action.Retry {
		t.Errorf("in %v: %d is no verdict", p, v)
	}
	if v == action.Wait {
		t.Errorf("in %v: it waits for bytes that will not come: InputDone is set", p)
	}
	if err := sendable(v, &tx.Reply); err != nil {
		t.Errorf("in %v: %v", p, err)
	}
	if tx.Req != nil {
		Reparse(t, tx.Req)
	}
	streams := []*action.Tx{stream(t, p), stream(t, p), stream(t, p), stream(t, p)}
	var wg sync.WaitGroup
	for _, tx := range streams {
		wg.Go(func() {
			if got := a.Run(tx); got != v {
				t.Errorf("in %v: the verdict is %d, and %d on a stream at the same time", p, v, got)
			}
		})
	}
	wg.Wait()
	if n := allocations(t, a, p); n > 0 && !o.Allocates {
		t.Errorf("in %v: Run allocates %v times: take space from Tx.Scratch, or set Options.Allocates", p, n)
	}
}

// sendable says what is wrong with a reply that is to be sent.
func sendable(v action.Verdict, r *action.Reply) error {
	if v != action.Answer && v != action.Tarpit {
		return nil
	}
	if r.Status < 200 || r.Status > 599 {
		return fmt.Errorf("the answer has status %d: set Reply.Status, 200 to 599", r.Status)
	}
	for _, f := range r.Header {
		if !action.Token(f.Name) {
			return fmt.Errorf("the answer's field name %q is no token", f.Name)
		}
		for _, c := range f.Value {
			if c == '\r' || c == '\n' || c == 0 {
				return fmt.Errorf("the answer's field %s has a line end in its value %q: format it by Tx.Value", f.Name, f.Value)
			}
		}
	}
	return nil
}

// allocations counts them for the streams of one connection, of which the first
// has made room for the others.
func allocations(t *testing.T, a action.Action, p expr.Phase) float64 {
	tx := stream(t, p)
	text := []byte(Lines("GET /a/b?c=d HTTP/1.1", "Host: example.com", "X-A: 1", "Cookie: a=b"))
	again := func() {}
	switch {
	case p == expr.HTTPRequest:
		again = Again(tx.Req, text)
	case tx.Req != nil:
		return 0 // a response cannot be made new without counting that, too
	}
	run := func() {
		tx.Recycle()
		tx.Reply.Reset()
		again()
		a.Run(tx)
	}
	return allocs.Of(run)
}
