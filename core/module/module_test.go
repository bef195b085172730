package module

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

type greeter interface{ greet() string }

type english struct{ name string }

func (e english) greet() string { return "hello " + e.name }

var testKind = NewKind[greeter]("greeter")

type config struct{ Name string }

func registry(t *testing.T) *Registry {
	t.Helper()
	r := NewRegistry()
	RegisterIn(r, testKind, "english", Spec[config, greeter]{
		Doc:      "greets in English",
		Defaults: func() config { return config{"you"} },
		New: func(_ *Context, c config) (greeter, error) {
			if c.Name == "" {
				return nil, errors.New("name is empty")
			}
			return english{c.Name}, nil
		},
	})
	RegisterRecordIn[greeter](r, testKind, "fixed", "greets the same way", english{"world"})
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestBuild(t *testing.T) {
	r := registry(t)
	e, err := testKind.Lookup(r, "english")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, set, want, err string
	}{
		{"defaults", "-", "hello you", ""},
		{"decoded", "Ann", "hello Ann", ""},
		{"refused", "", "", "english: name is empty"},
	} {
		g, err := e.Build(nil, func(into any) error {
			if c.set != "-" {
				into.(*config).Name = c.set
			}
			return nil
		})
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: error %v, want %q", c.name, err, c.err)
			}
			continue
		}
		if err != nil || g.greet() != c.want {
			t.Errorf("%s: %v, error %v", c.name, g, err)
		}
	}
	if g, err := testKind.Record(r, "fixed"); err != nil || g.greet() != "hello world" {
		t.Errorf("record: %v, error %v", g, err)
	}
}

func TestUnknown(t *testing.T) {
	r := registry(t)
	_, err := testKind.Lookup(r, "englsh")
	if err == nil || !strings.Contains(err.Error(), `did you mean "english"`) {
		t.Errorf("a near miss: %v", err)
	}
	for name, want := range map[string]string{
		"english loud if { path /a }": `its settings are keys of a table: fairlead doc greeter.english shows those of "english"`,
		"127.0.0.1 local0":            "its settings are keys of a table",
		"englishman":                  `did you mean "english"?`,
		"127.0.0.1":                   `unknown greeter "127.0.0.1"`,
	} {
		if _, err := testKind.Lookup(r, name); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	_, err = testKind.Lookup(r, "acme.klingon")
	var unknown *UnknownError
	if !errors.As(err, &unknown) || !strings.Contains(err.Error(), "xbuild build --with") {
		t.Errorf("a module of others: %v", err)
	}
}

func TestRegistrationErrors(t *testing.T) {
	r := registry(t)
	RegisterIn(r, testKind, "english", Spec[config, greeter]{Doc: "again", New: func(*Context, config) (greeter, error) { return nil, nil }})
	RegisterIn(r, testKind, "No Name", Spec[config, greeter]{Doc: "x", New: func(*Context, config) (greeter, error) { return nil, nil }})
	RegisterIn(r, testKind, "nothing", Spec[config, greeter]{Doc: "x"})
	err := r.Err()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"greeter.english", "No Name", "greeter.nothing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
}

func TestList(t *testing.T) {
	r := registry(t)
	list := r.Modules()
	if len(list) != 2 || list[0].ID() != "greeter.english" || list[1].ID() != "greeter.fixed" || list[0].Module != Core {
		t.Errorf("%+v", list)
	}
	c := r.Clone()
	if !c.Exclude("greeter.fixed") || c.Exclude("greeter.fixed") || len(c.Modules()) != 1 || len(r.Modules()) != 2 {
		t.Error("Exclude takes one module out of one registry")
	}
}

// part notes what happens to it.
type part struct {
	name string
	log  *[]string
	fail string
}

func (p *part) do(what string) error {
	*p.log = append(*p.log, p.name+" "+what)
	if p.fail == what {
		return errors.New(p.name + " cannot " + what)
	}
	return nil
}

func (p *part) Prepare(*Context) error     { return p.do("prepare") }
func (p *part) Start(*Context) error       { return p.do("start") }
func (p *part) Stop(context.Context) error { return p.do("stop") }

func TestLifecycle(t *testing.T) {
	for _, c := range []struct{ fail, want string }{
		{"", "a prepare, b prepare, a start, b start, b stop, a stop"},
		{"prepare", "a prepare, b prepare, a stop"},
		{"start", "a prepare, b prepare, a start, b start, b stop, a stop"},
	} {
		var log []string
		var g Instances
		g.Add(&part{"a", &log, ""})
		g.Add("no part of the lifecycle")
		g.Add(&part{"b", &log, c.fail})
		ctx := NewContext(ContextOptions{})
		err := g.Prepare(ctx)
		if err == nil {
			err = g.Start(ctx)
		}
		if (err != nil) != (c.fail != "") {
			t.Errorf("%q: error %v", c.fail, err)
		}
		if err == nil {
			if err := g.Stop(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if got := strings.Join(log, ", "); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.fail, got, c.want)
		}
	}
}

func TestContext(t *testing.T) {
	var text strings.Builder
	ctx := NewContext(ContextOptions{Log: slog.New(slog.NewTextHandler(&text, nil))})
	var order []string
	ctx.Defer(func() { order = append(order, "first") })
	ctx.Defer(func() { order = append(order, "second") })
	ctx.Go("wait", func(ctx context.Context) { <-ctx.Done(); order = append(order, "goroutine") })
	ctx.Go("panic", func(context.Context) { panic("a defect") })
	if err := ctx.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "goroutine second first" {
		t.Errorf("closed in the order %s", got)
	}
	if !strings.Contains(text.String(), "a defect") {
		t.Errorf("the panic is not logged: %s", &text)
	}
	late := NewContext(ContextOptions{})
	end := make(chan struct{})
	late.Go("stubborn", func(context.Context) { <-end })
	over, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := late.Close(over); err == nil || !strings.Contains(err.Error(), "stubborn") {
		t.Errorf("a goroutine that does not end: %v", err)
	}
	close(end)
}

func TestShare(t *testing.T) {
	shared := NewShared()
	made, released := 0, 0
	share := func(c *Context) int {
		v, err := Share(c, "key", func() (int, error) { made++; return made, nil }, func(int) { released++ })
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	a, b := NewContext(ContextOptions{Shared: shared}), NewContext(ContextOptions{Shared: shared})
	if share(a) != 1 || share(b) != 1 {
		t.Error("two contexts do not share")
	}
	for i, c := range []*Context{a, b} {
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if released != i {
			t.Errorf("%d contexts closed, %d times released", i+1, released)
		}
	}
	if share(NewContext(ContextOptions{Shared: shared})) != 2 {
		t.Error("a value is found after its last context closed")
	}
	if _, err := Share(NewContext(ContextOptions{Shared: shared}), "key", func() (string, error) { return "", nil }, nil); err == nil {
		t.Error("a value of another type is given")
	}
}

func TestSuggest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"leastcon", "leastconn"}, {"roundrobbin", "roundrobin"}, {"xyz", ""}, {"LEASTCONN", "leastconn"},
	} {
		if got := Suggest(c.name, []string{"leastconn", "roundrobin", "first"}); got != c.want {
			t.Errorf("Suggest(%q) = %q, want %q", c.name, got, c.want)
		}
	}
}

// What is looked up and there is told, by any of the ways to look.
func TestWatched(t *testing.T) {
	k := NewKind[string]("word")
	r := NewRegistry()
	for _, name := range []string{"one", "two", "three"} {
		RegisterRecordIn(r, k, name, "a word", name)
	}
	var found []string
	w := r.Watched(func(id string) { found = append(found, id) })
	if _, err := k.Lookup(w, "two"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Record(w, "one"); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Lookup(w, "four"); err == nil {
		t.Error("a module that is not there was found")
	}
	if _, err := k.Lookup(r, "three"); err != nil { // not the copy
		t.Fatal(err)
	}
	if want := []string{"word.two", "word.one"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
}
