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
// starts before the one before stops.
//
// The counts of goroutines and descriptors are those of the process: tests that
// use the kit must not run in parallel with others.
package moduletest

import (
	"context"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
)

// reloads is how many times instances replace one another.
const reloads = 50

// stopTime is how long a module may take to stop.
const stopTime = 5 * time.Second

// Run checks the module called name in the default registry, with each of the
// configurations, which are the TOML of its table.
func Run[I any](t *testing.T, kind *module.Kind[I], name string, configs ...string) {
	t.Helper()
	entry, err := kind.Lookup(module.Default(), name)
	if err != nil {
		t.Fatal(err)
	}
	described(t, entry.Info(), entry.ConfigType())
	t.Run("unknown key", func(t *testing.T) {
		if err := build(t, entry, "no-such-key = 1", func(I) {}); err == nil && entry.ConfigType() != nil {
			t.Error("a key that the module does not know is taken")
		}
	})
	if len(configs) == 0 {
		configs = []string{""}
	}
	for _, c := range configs {
		t.Run("config "+strings.ReplaceAll(c, "\n", " "), func(t *testing.T) {
			before := count()
			lifecycles(t, entry, c)
			before.compare(t)
		})
	}
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
			t.Errorf("field %s of the configuration has no toml tag", f.Name)
		}
	}
}

// build makes an instance in a context of its own and gives it to use.
func build[I any](t *testing.T, entry *module.Entry[I], config string, use func(I)) error {
	t.Helper()
	node, err := tree.Parse("test.toml", []byte(config), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	ctx := module.NewContext(module.ContextOptions{})
	defer closeContext(t, ctx)
	x, err := entry.Build(ctx, func(into any) error { return node.Decode(into) })
	if err == nil {
		use(x)
	}
	return err
}

func closeContext(t *testing.T, ctx *module.Context) {
	t.Helper()
	over, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := ctx.Close(over); err != nil {
		t.Errorf("closing the context: %v", err)
	}
}

// lifecycles takes instances through the lifecycle as far as it goes each time.
func lifecycles[I any](t *testing.T, entry *module.Entry[I], config string) {
	t.Helper()
	pure := count()
	must(t, build(t, entry, config, func(I) {}))
	pure.compare(t)
	for _, start := range []bool{false, true} {
		must(t, build(t, entry, config, func(x I) { stop(t, begin(t, x, start)) }))
	}
	var last *running
	for range reloads {
		node, err := tree.Parse("test.toml", []byte(config), func(string) (string, bool) { return "", false })
		must(t, err)
		ctx := module.NewContext(module.ContextOptions{})
		x, err := entry.Build(ctx, func(into any) error { return node.Decode(into) })
		must(t, err)
		next := begin(t, x, true)
		next.own = ctx
		if last != nil {
			stop(t, last)
		}
		last = next
	}
	stop(t, last)
}

// running is an instance that was begun.
type running struct {
	list module.Instances
	ctx  *module.Context
	own  *module.Context // that it was built in, when it is to be closed with it
}

func begin(t *testing.T, x any, start bool) *running {
	t.Helper()
	r := &running{ctx: module.NewContext(module.ContextOptions{})}
	r.list.Add(x)
	must(t, r.list.Prepare(r.ctx))
	if start {
		must(t, r.list.Start(r.ctx))
	}
	return r
}

func stop(t *testing.T, r *running) {
	t.Helper()
	over, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	must(t, r.list.Stop(over))
	closeContext(t, r.ctx)
	if r.own != nil {
		closeContext(t, r.own)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// held is what the process holds.
type held struct{ goroutines, files int }

func count() held {
	h := held{goroutines: runtime.NumGoroutine()}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		h.files = len(list)
	}
	return h
}

// compare waits for what ends soon, and reports what does not.
func (h held) compare(t *testing.T) {
	t.Helper()
	var now held
	for range 100 {
		if now = count(); now.goroutines <= h.goroutines && now.files <= h.files {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	if now.goroutines > h.goroutines {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines are left over:\n%s", now.goroutines-h.goroutines, stacks[:runtime.Stack(stacks, true)])
	}
	if now.files > h.files {
		t.Errorf("%d descriptors are left open", now.files-h.files)
	}
}

// Build makes an instance of a module of the default registry, closes its
// context, and gives the error.
func Build(t *testing.T, kind, name, config string) error {
	t.Helper()
	entry := module.Default().ConfigOf(kind, name)
	if entry == nil {
		t.Fatalf("there is no module %s.%s", kind, name)
	}
	return build(t, entry, config, func(any) {})
}
