// Package matchtest tests match methods: by what they match, and by what all of
// them must do.
//
//	matchtest.Matches(t, "acme.glob", "*.css *.js", "/a.css", "/b.js")
//	matchtest.Laws(t, "acme.glob", "*.css", "/api/*")
//
// It is for tests alone.
package matchtest

import (
	"strings"
	"sync"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/samples"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Matches checks that patterns, which have spaces between them, match each of the
// values, which are cast from text as in expressions. Patterns that begin with
// "-i " ignore case.
func Matches(t *testing.T, name, patterns string, values ...string) {
	t.Helper()
	check(t, name, patterns, true, values)
}

// Differs checks that patterns match none of the values; see Matches.
func Differs(t *testing.T, name, patterns string, values ...string) {
	t.Helper()
	check(t, name, patterns, false, values)
}

func check(t *testing.T, name, patterns string, want bool, values []string) {
	t.Helper()
	m := matcher(t, name)
	rest, fold := strings.CutPrefix(patterns, "-i ")
	set, err := m.Compile(strings.Fields(rest), fold)
	if err != nil {
		t.Fatalf("the patterns %s: %v", patterns, err)
	}
	for _, v := range values {
		e, s := env(), expr.Sample{}
		s.SetStr([]byte(v))
		if got := expr.Cast(e, &s, m.In) && set.Match(e, &s); got != want {
			t.Errorf("%q with the patterns %s: %v, want %v", v, patterns, got, want)
		}
	}
}

// Refused checks that patterns are refused with a text that has want in it.
func Refused(t *testing.T, name, patterns, want string) {
	t.Helper()
	_, err := matcher(t, name).Compile(strings.Fields(patterns), false)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the patterns %s: error %v, want %q", patterns, err, want)
	}
}

func matcher(t *testing.T, name string) expr.Matcher {
	t.Helper()
	m, err := expr.MatcherKind.Record(module.Default(), name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func env() *expr.Env {
	c := &session.Conn{}
	return &expr.Env{Phase: expr.HTTPRequest, Conn: c, Stream: &session.Stream{Conn: c}}
}

// Laws checks what every match method must do, with patterns that it takes: on
// any value of its type, also empty ones and garbage, it answers, the same each
// time and for many streams at once; it does not keep the list of patterns nor
// change values; and it does not allocate.
func Laws(t *testing.T, name string, patterns ...string) {
	t.Helper()
	m := matcher(t, name)
	if m.Compile == nil {
		t.Fatal("Compile is missing")
	}
	for _, fold := range []bool{false, true} {
		list := append([]string(nil), patterns...)
		set, err := m.Compile(list, fold)
		if err != nil {
			t.Fatalf("the patterns %q: %v", patterns, err)
		}
		values := inputs(m.In)
		before := answers(set, values)
		for i := range list {
			list[i] = "changed"
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i, got := range answers(set, values) {
					if got != before[i] {
						t.Errorf("value %q: it matches once and another time it does not; is the list of patterns kept?", values[i].Bytes)
						return
					}
				}
			})
		}
		wg.Wait()
		fresh := inputs(m.In)
		for i := range values {
			if !samples.Same(&values[i], &fresh[i]) {
				t.Errorf("it changes the value %q to %q: work in Env.Scratch", fresh[i].Bytes, values[i].Bytes)
			}
		}
		if n := allocations(set, values); n > 0 {
			t.Errorf("Match allocates %v times for %d values: do the work in Compile, and take space from Env.Scratch", n, len(values))
		}
	}
}

// inputs are values of a type, or of all.
func inputs(in expr.Type) []expr.Sample {
	if in != expr.Any {
		return samples.Of(in)
	}
	var out []expr.Sample
	for _, t := range samples.Types {
		out = append(out, samples.Of(t)...)
	}
	return out
}

func answers(set expr.PatternSet, values []expr.Sample) []bool {
	e := env()
	out := make([]bool, len(values))
	for i := range values {
		s := values[i]
		out[i] = set.Match(e, &s)
		e.Recycle()
	}
	return out
}

func allocations(set expr.PatternSet, values []expr.Sample) float64 {
	e, s := env(), new(expr.Sample)
	all := func() {
		for i := range values {
			*s = values[i]
			set.Match(e, s)
			e.Recycle()
		}
	}
	return allocs.Of(all)
}
