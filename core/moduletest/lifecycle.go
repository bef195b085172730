package moduletest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// reloads is how many times instances replace one another.
const reloads = 50

// stopTime is how long a module may take to stop.
const stopTime = 10 * time.Second

// lifecycles takes instances through the lifecycle as far as it goes each time.
func lifecycles[I any](t *testing.T, entry *module.Entry[I], config string) {
	t.Helper()
	pure := count()
	for range 5 { // more than may end meanwhile of what others hold
		must(t, build(t, entry, config, func(I) {}))
	}
	pure.compare(t, "New must only make the instance, and leave the rest to Prepare and Start: ")
	for _, start := range []bool{false, true} {
		must(t, build(t, entry, config, func(x I) { stop(t, begin(t, module.ContextOptions{}, x, start)) }))
	}
	if !t.Failed() { // else it would fail as often again
		reload(t, entry, config)
	}
}

// reload replaces instances by one another as reloads do: each starts before
// the one before stops, and they share what outlives them.
func reload[I any](t *testing.T, entry *module.Entry[I], config string) {
	t.Helper()
	o := module.ContextOptions{Metrics: module.NewMetrics(), Shared: module.NewShared()}
	decode := decoder(t, config)
	var last *running
	metrics := 0 // that two instances at a time have
	for i := range reloads {
		own := module.NewContext(o)
		x, err := entry.Build(own, decode)
		must(t, err)
		next := begin(t, o, x, true)
		next.own = own
		if i == 1 {
			metrics = len(o.Metrics.Gather())
		}
		if last != nil {
			stop(t, last)
		}
		last = next
	}
	stop(t, last)
	names(t, o.Metrics.Gather())
	if n := len(o.Metrics.Gather()); n > metrics {
		t.Errorf("%d reloads leave %d metrics where two instances had %d: give those of one kind the same name and labels, or Remove them at Stop",
			reloads, n, metrics)
	}
}

// names checks what metrics are called.
func names(t *testing.T, list []*module.Metric) {
	t.Helper()
	for _, m := range list {
		switch {
		case !module.ValidMetric(m.Name):
			t.Errorf("the metric %q cannot be shown: write its name in lower-case letters, digits and '_', the vendor first, as in acme_things_total", m.Name)
		case !m.Gauge && !strings.HasSuffix(m.Name, "_total"):
			t.Errorf("the counter %s does not end in _total: call it %s_total", m.Name, m.Name)
		case m.Help == "":
			t.Errorf("the metric %s has no help: say what it counts", m.Name)
		}
	}
}

// running is an instance that was begun.
type running struct {
	list module.Instances
	ctx  *module.Context
	own  *module.Context // that it was built in, when it is to be closed with it
}

func begin(t testing.TB, o module.ContextOptions, x any, start bool) *running {
	t.Helper()
	r := &running{ctx: module.NewContext(o)}
	r.list.Add(x)
	must(t, r.list.Prepare(r.ctx))
	if start {
		must(t, r.list.Start(r.ctx))
	}
	return r
}

func stop(t testing.TB, r *running) {
	t.Helper()
	over, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	must(t, r.list.Stop(over))
	closeContext(t, r.ctx)
	if r.own != nil {
		closeContext(t, r.own)
	}
}

func closeContext(t testing.TB, ctx *module.Context) {
	t.Helper()
	over, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := ctx.Close(over); err != nil {
		t.Errorf("closing the context: %v", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
