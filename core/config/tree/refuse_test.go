package tree

import (
	"errors"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/module"
)

// What is wrong with fields of a module is told where they stand, however it is
// wrapped, and all else where the module is named.
func TestRefuse(t *testing.T) {
	root, err := Parse("f.toml", []byte(`check = { type = "x", path = "a", steps = [
  { send = "a" },
  { send = "b" },
], more = "short", header = { a = "b" } }
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Check Module `toml:"check" module:"type"`
	}
	if err := root.Decode(&c); err != nil {
		t.Fatal(err)
	}
	var errs Errors
	c.Check.Refuse(&errs, errors.Join(
		module.Wrong("path", "wrong 1"),
		module.Wrong("steps[1].send", "wrong 2"),
		module.Wrong("more[0].deep", "wrong 3"), // "short" stands for all that
		module.Wrong("header.a", "wrong 4"),
		module.Wrong("steps[9].send", "wrong 5"),
		module.Wrong("absent", "wrong 6"),
		errors.New("wrong 7"),
		c.Check.Error(module.Wrong("path", "wrong 8")),
	))
	errs.Sort()
	var got []string
	for _, e := range errs.List {
		got = append(got, e.Text())
	}
	want := `f.toml:1:18: check: absent: wrong 6
f.toml:1:18: check: wrong 7
f.toml:1:30: check.path: wrong 1
f.toml:1:30: check.path: wrong 8
f.toml:1:43: check.steps: wrong 5
f.toml:3:12: check.steps[1].send: wrong 2
f.toml:4:11: check.more: wrong 3
f.toml:4:35: check.header.a: wrong 4`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}
