// Package moduletest is the conformance kit: what every module must do, whatever
// its kind. A module's tests call it with a few of its configurations:
//
//	func TestConformance(t *testing.T) {
//		moduletest.Run(t, balancer.Kind, "leastconn", ``, `slow = true`)
//	}
//
// It checks that the module is registered and described, that it decodes its
// configuration strictly, that making it is pure, and that its lifecycle leaves
// nothing behind in any order, also over reloads in which the next instance
// starts before the one before stops: no goroutine, descriptor or metric.
//
// What modules of one kind must do is checked by the packages beside this one,
// one for each kind: balancertest.Laws, protocoltest.Laws, and so on.
//
// The counts of goroutines and descriptors are those of the process: tests that
// use the kit must not run in parallel with others.
package moduletest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Run checks the module called name in the default registry, with each of the
// configurations, which are the TOML of its table.
func Run[I any](t *testing.T, kind *module.Kind[I], name string, configs ...string) {
	t.Helper()
	entry := find(t, kind, name)
	described(t, entry.Info(), entry.ConfigType())
	t.Run("unknown key", func(t *testing.T) {
		if err := build(t, entry, "no-such-key = 1", func(I) {}); err == nil && entry.ConfigType() != nil {
			t.Error("a key that the module does not know is taken: is there a map or a tree.Node for all keys in its configuration?")
		}
	})
	if len(configs) == 0 {
		configs = []string{""}
	}
	for _, c := range configs {
		t.Run("config "+strings.ReplaceAll(c, "\n", " "), func(t *testing.T) {
			before := count()
			lifecycles(t, entry, c)
			before.compare(t, "after the lifecycle ")
		})
	}
}

func find[I any](t testing.TB, kind *module.Kind[I], name string) *module.Entry[I] {
	t.Helper()
	if err := module.Default().Err(); err != nil {
		t.Fatal(err)
	}
	entry, err := kind.Lookup(module.Default(), name)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func described(t *testing.T, info module.Info, config reflect.Type) {
	t.Helper()
	if info.Doc == "" || strings.HasSuffix(info.Doc, ".") {
		t.Errorf("Doc is %q: write one sentence without a full stop", info.Doc)
	}
	if config == nil || config.Kind() != reflect.Struct {
		return
	}
	for i := range config.NumField() {
		f := config.Field(i)
		if _, tagged := f.Tag.Lookup("toml"); f.IsExported() && !f.Anonymous && !tagged {
			t.Errorf("field %s of the configuration has no toml tag: write one with the key, such as `toml:\"%s\"`, or make the field unexported", f.Name, strings.ToLower(f.Name))
		}
	}
}

// decoder gives what fills in a module's configuration from TOML.
func decoder(t testing.TB, config string) func(into any) error {
	t.Helper()
	node, err := tree.Parse("test.toml", []byte(config), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return func(into any) error { return node.Decode(into) }
}

// build makes an instance in a context of its own and gives it to use.
func build[I any](t *testing.T, entry *module.Entry[I], config string, use func(I)) error {
	t.Helper()
	ctx := module.NewContext(module.ContextOptions{})
	defer closeContext(t, ctx)
	x, err := entry.Build(ctx, decoder(t, config))
	if err == nil {
		use(x)
	}
	return err
}

// Build makes an instance of a module of the default registry, closes its
// context, and gives the error.
func Build(t *testing.T, kind, name, config string) error {
	t.Helper()
	entry := module.Default().ConfigOf(kind, name)
	if entry == nil {
		t.Fatalf("there is no module %s.%s: does the test import the package that registers it?", kind, name)
	}
	return build(t, entry, config, func(any) {})
}

// New makes an instance of a module of the default registry, in a context that
// closes with the test. It is not prepared.
func New[I any](t testing.TB, kind *module.Kind[I], name, config string) I {
	t.Helper()
	entry := find(t, kind, name)
	ctx := module.NewContext(module.ContextOptions{})
	t.Cleanup(func() { closeContext(t, ctx) })
	x, err := entry.Build(ctx, decoder(t, config))
	if err != nil {
		t.Fatalf("%s %q: %v", entry.Info().ID(), config, err)
	}
	return x
}

// Start makes an instance and prepares and starts it; it stops with the test.
func Start[I any](t testing.TB, kind *module.Kind[I], name, config string) I {
	t.Helper()
	x := New(t, kind, name, config)
	r := begin(t, module.ContextOptions{}, x, true)
	t.Cleanup(func() { stop(t, r) })
	return x
}
