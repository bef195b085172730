package moduletest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
	"github.com/fairleadproxy/fairlead/core/moduletest/checktest"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	"github.com/fairleadproxy/fairlead/core/moduletest/formattest"
	"github.com/fairleadproxy/fairlead/core/moduletest/internal/allocs"
	"github.com/fairleadproxy/fairlead/core/moduletest/loggertest"
	"github.com/fairleadproxy/fairlead/core/moduletest/matchtest"
	"github.com/fairleadproxy/fairlead/core/moduletest/servicetest"
	"github.com/fairleadproxy/fairlead/core/service"
)

// faults are modules that break a rule, and what the kit says of each. They are
// run by a child of this test, since the kit ends tests.
var faults = []struct {
	name string
	want string
	run  func(t *testing.T)
}{
	{"leaks a goroutine", "goroutines are left over", func(t *testing.T) {
		moduletest.Run(t, kind, "leaks")
	}},
	{"leaks a metric", "50 reloads leave 50 metrics", func(t *testing.T) {
		moduletest.Run(t, kind, "counts")
	}},
	{"a metric that cannot be shown", `the metric "Things" cannot be shown`, func(t *testing.T) {
		moduletest.Run(t, kind, "misnames")
	}},
	{"leaks a descriptor", "descriptors are left open", func(t *testing.T) {
		moduletest.Run(t, kind, "keeps-open")
	}},
	{"listens in New", "New must only make the instance, and leave the rest to Prepare and Start: ", func(t *testing.T) {
		moduletest.Run(t, kind, "listens")
	}},
	{"a balancer that allocates", "Pick allocates", func(t *testing.T) {
		balancertest.Laws(t, func() balancer.Balancer { return allocates{} }, balancertest.Options{})
	}},
	{"a balancer that streams share unguarded", "DATA RACE", func(t *testing.T) {
		balancertest.Laws(t, func() balancer.Balancer { return &unguarded{} }, balancertest.Options{})
	}},
	{"starts in New", "New must only make the instance", func(t *testing.T) {
		moduletest.Run(t, kind, "eager")
	}},
	{"does not stop", "goroutines still running: forever", func(t *testing.T) {
		moduletest.Run(t, kind, "stubborn")
	}},
	{"a converter that writes to its input", "it changes its input", func(t *testing.T) {
		record(expr.ConverterKind, "shout", expr.Converter{In: expr.Str, Out: expr.Str, Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			for i := range s.Bytes {
				s.Bytes[i] ^= 0x20
			}
			return true
		}})
		convtest.Laws(t, "shout")
	}},
	{"a converter that allocates", "it allocates", func(t *testing.T) {
		record(expr.ConverterKind, "copy", expr.Converter{In: expr.Str, Out: expr.Str, Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			s.SetStr(append(make([]byte, 0, 400), s.Bytes...))
			return true
		}})
		convtest.Laws(t, "copy")
	}},
	{"a converter of another type", "is of type string, and Out is integer", func(t *testing.T) {
		record(expr.ConverterKind, "size", expr.Converter{In: expr.Str, Out: expr.Int, Eval: func(*expr.Env, *expr.Args, *expr.Sample) bool { return true }})
		convtest.Laws(t, "size")
	}},
	{"a fetch that takes a request for granted", "nil pointer", func(t *testing.T) {
		record(expr.FetchKind, "verb", expr.Fetch{Out: expr.Str, Phases: expr.WithRequest, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			s.SetStr(e.Req.Method())
			return true
		}})
		fetchtest.Laws(t, "verb")
	}},
	{"a matcher that keeps the patterns", "is the list of patterns kept?", func(t *testing.T) {
		record(expr.MatcherKind, "keeps", expr.Matcher{In: expr.Str, Compile: func(p []string, _ bool) (expr.PatternSet, error) { return kept(p), nil }})
		matchtest.Laws(t, "keeps", "a")
	}},
	{"an action without a status", "the answer has status 0", func(t *testing.T) {
		module.Register(action.Kind, "stop", module.Spec[struct{}, action.Action]{Doc: "stops", New: func(*module.Context, struct{}) (action.Action, error) { return answers{}, nil }})
		actiontest.Laws(t, "stop", actiontest.Options{})
	}},
	{"a service that does not answer", "the answer has status 0", func(t *testing.T) {
		module.Register(service.Kind, "none", module.Spec[struct{}, service.Service]{Doc: "none", New: func(*module.Context, struct{}) (service.Service, error) { return mute{}, nil }})
		servicetest.Laws(t, "none")
	}},
	{"a format that can be forged", "a client could forge lines", func(t *testing.T) {
		module.Register(logs.FormatKind, "raw", module.Spec[struct{}, logs.Formatter]{Doc: "raw", New: func(*module.Context, struct{}) (logs.Formatter, error) { return raw{}, nil }})
		formattest.Laws(t, "raw")
	}},
	{"a logger that keeps lines", "Log must copy", func(t *testing.T) {
		l := &keeper{}
		module.Register(logs.Kind, "keeper", module.Spec[struct{}, logs.Logger]{Doc: "keeps", New: func(*module.Context, struct{}) (logs.Logger, error) { return l, nil }})
		loggertest.Laws(t, "keeper", loggertest.Options{Lines: func() []string {
			var out []string
			for _, line := range l.lines {
				out = append(out, string(line))
			}
			return out
		}})
	}},
	{"a check that forgets its connection", "it does not close its connection", func(t *testing.T) {
		module.Register(health.Kind, "open", module.Spec[struct{}, health.Check]{Doc: "open", New: func(*module.Context, struct{}) (health.Check, error) { return open{}, nil }})
		checktest.Laws(t, "open", ``, func(c net.Conn) { io.WriteString(c, "x") })
	}},
}

// record registers a record of the expression language.
func record[R any](k *module.Kind[R], name string, r R) {
	module.RegisterRecord(k, name, "a record with a fault", r)
}

const child = "FAIRLEAD_MODULETEST_FAULT"

// TestFault is the child.
func TestFault(t *testing.T) {
	for _, f := range faults {
		if f.name == os.Getenv(child) {
			f.run(t)
		}
	}
}

func TestFaultsAreFound(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(f.want, "allocates") && !allocs.Counted {
				t.Skip("allocations are not counted under the race detector; see .ci/run")
			}
			if f.want == "DATA RACE" && allocs.Counted {
				t.Skip("it takes the race detector")
			}
			cmd := exec.Command(os.Args[0], "-test.run", "^TestFault$", "-test.timeout", "5m")
			cmd.Env = append(os.Environ(), child+"="+f.name)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !strings.Contains(string(out), f.want) {
				t.Errorf("want a failure that says %q, got %v:\n%s", f.want, err, out)
			}
		})
	}
}

// allocates picks in turn, and makes something of each request.
type allocates struct{}

func (allocates) Update(servers []balancer.Server) balancer.Picker { return allocating(servers) }

type allocating []balancer.Server

func (a allocating) Pick(r *balancer.Request) balancer.Server {
	n := len(r.Src.String())
	for i := range a {
		if s := a[(n+i)%len(a)]; !s.Full() && s != r.Avoid || len(a) == 1 {
			return s
		}
	}
	return nil
}

// unguarded picks in turn, and counts the turns without a guard.
type unguarded struct{ n int }

func (u *unguarded) Update(servers []balancer.Server) balancer.Picker { return &counting{u, servers} }

type counting struct {
	*unguarded
	servers []balancer.Server
}

func (c *counting) Pick(r *balancer.Request) balancer.Server {
	for range c.servers {
		c.n++
		if s := c.servers[c.n%len(c.servers)]; !s.Full() && s != r.Avoid || len(c.servers) == 1 {
			return s
		}
	}
	return nil
}

type kept []string

func (k kept) Match(_ *expr.Env, s *expr.Sample) bool { return string(s.Bytes) == k[0] }

type answers struct{}

func (answers) Phases() expr.Phases           { return action.Requests }
func (answers) Compile(*expr.Scope) error     { return nil }
func (answers) Run(*action.Tx) action.Verdict { return action.Answer }

type mute struct{}

func (mute) Serve(*action.Tx) {}

type raw struct{}

func (raw) Append(dst []byte, e *expr.Env) []byte { return append(dst, e.Stream.RequestLine...) }

type keeper struct{ lines [][]byte }

func (k *keeper) Log(_ logs.Level, line []byte) { k.lines = append(k.lines, line) }

type open struct{}

func (open) Run(t *health.Target) health.Result {
	p, r := t.Connect()
	if p == nil {
		return r
	}
	return health.Result{OK: true, Code: "L4OK"}
}

// thing is a kind of modules with a lifecycle alone.
type thing any

var kind = module.NewKind[thing]("thing")

type starts func(*module.Context)

func (s starts) Start(ctx *module.Context) error { s(ctx); return nil }

func init() {
	register := func(name string, x func() thing) {
		module.Register(kind, name, module.Spec[struct{}, thing]{Doc: "a module with a fault", New: func(*module.Context, struct{}) (thing, error) { return x(), nil }})
	}
	wait := func() { time.Sleep(time.Minute) }
	register("leaks", func() thing { return starts(func(*module.Context) { go wait() }) })
	// What was opened stays reachable, or the garbage collector would close it.
	var open []io.Closer
	keep := func(c io.Closer, err error) {
		if err != nil {
			panic(err)
		}
		open = append(open, c)
	}
	register("keeps-open", func() thing {
		return starts(func(*module.Context) {
			f, err := os.Open(os.DevNull)
			keep(f, err)
		})
	})
	register("listens", func() thing {
		var c net.ListenConfig
		c.SetMultipathTCP(false)
		l, err := c.Listen(context.Background(), "tcp", "127.0.0.1:0")
		keep(l, err)
		return starts(func(*module.Context) {})
	})
	register("eager", func() thing { go wait(); return starts(func(*module.Context) {}) })
	n := 0
	register("counts", func() thing {
		return starts(func(ctx *module.Context) {
			n++
			ctx.Metrics().Counter("things_total", "things", "number", string(rune('A'+n)))
		})
	})
	register("misnames", func() thing {
		return starts(func(ctx *module.Context) { ctx.Metrics().Counter("Things", "things") })
	})
	register("stubborn", func() thing {
		return starts(func(ctx *module.Context) { ctx.Go("forever", func(context.Context) { wait() }) })
	})
}
