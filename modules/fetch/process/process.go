// Package process is the sample fetches about this process and machine, time,
// chance and variables (HAProxy manual section 7.3.2). Importing the package
// registers them.
//
// The environment and the machine's name are read when a configuration is
// loaded. Time is that of the evaluation. The random numbers of rand are no
// secrets; those of uuid are. The records may be used by all streams at once.
package process

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the time in seconds since 1970, with an offset in seconds, or in the unit s, ms or us", Out: expr.Int, Phases: expr.Everywhere,
			Args: []expr.Arg{{Name: "offset", Type: expr.ArgInt, Optional: true}, {Name: "unit", Type: expr.ArgStr, Optional: true}}, Bind: bindDate, Eval: date}, "date"),
		register.As(expr.Fetch{Doc: "the microseconds of the current second", Out: expr.Int, Phases: expr.Everywhere,
			Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
				s.SetInt(int64(now(e).Nanosecond() / 1000))
				return true
			}}, "date_us"),
		register.As(expr.Fetch{Doc: "the variable of the environment at start", Out: expr.Str, Phases: expr.Everywhere,
			Args: []expr.Arg{{Name: "name", Type: expr.ArgStr}}, Bind: bindEnv, Eval: fixed}, "env"),
		register.As(expr.Fetch{Doc: "the name of this machine", Out: expr.Str, Phases: expr.Everywhere, Bind: bindHostname, Eval: fixed}, "hostname"),
		register.As(expr.Fetch{Doc: "the number of processes, which is 1", Out: expr.Int, Phases: expr.Everywhere, Eval: number(1)}, "nbproc", "proc"),
		register.As(expr.Fetch{Doc: "the number of this process", Out: expr.Int, Phases: expr.Everywhere, Eval: number(pid)}, "pid"),
		register.As(expr.Fetch{Doc: "a random number below 2^32, or below the range", Out: expr.Int, Phases: expr.Everywhere,
			Args: []expr.Arg{{Name: "range", Type: expr.ArgInt, Optional: true}}, Bind: bindRand, Eval: random}, "rand"),
		register.As(expr.Fetch{Doc: "the seconds since this process started", Out: expr.Int, Phases: expr.Everywhere,
			Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
				s.SetInt(max(0, int64(now(e).Sub(started)/time.Second)))
				return true
			}}, "uptime"),
		register.As(expr.Fetch{Doc: "a UUID (RFC 9562) of version 4, which is random, or 7, which begins with the time", Out: expr.Str, Phases: expr.Everywhere,
			Args: []expr.Arg{{Name: "version", Type: expr.ArgInt, Optional: true}}, Bind: bindUUID, Eval: uuid}, "uuid"),
		register.As(expr.Fetch{Doc: "the value of a variable", Out: expr.Any, Phases: expr.Everywhere,
			Args: []expr.Arg{{Name: "name", Type: expr.ArgVar}, {Name: "default", Type: expr.ArgStr, Optional: true}}, Bind: bindVar, Eval: variable}, "var"),
	})
}

// pid does not change.
var pid = int64(os.Getpid())

// started is when the process did, near enough.
var started = time.Now()

// now is the evaluation's time where one is set, as in tests.
func now(e *expr.Env) time.Time {
	if e.Now.IsZero() {
		return time.Now()
	}
	return e.Now
}

func bindDate(_ *expr.Scope, a *expr.Args) error {
	switch u := a.Str(1); u {
	case "", "s":
		a.Data = time.Second
	case "ms":
		a.Data = time.Millisecond
	case "us":
		a.Data = time.Microsecond
	default:
		return fmt.Errorf("unknown unit %q: write s, ms or us", u)
	}
	return nil
}

func date(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	s.SetInt(now(e).UnixNano()/int64(a.Data.(time.Duration)) + a.Int(0, 0))
	return true
}

func bindEnv(_ *expr.Scope, a *expr.Args) error {
	if v, ok := os.LookupEnv(a.Str(0)); ok {
		a.Data = []byte(v)
	}
	return nil
}

func bindHostname(_ *expr.Scope, a *expr.Args) error {
	name, err := os.Hostname()
	a.Data = []byte(name)
	return err
}

// fixed gives what was found at start; nothing when there was nothing.
func fixed(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	b, ok := a.Data.([]byte)
	s.SetStr(b)
	return ok
}

func number(n int64) func(*expr.Env, *expr.Args, *expr.Sample) bool {
	return func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		s.SetInt(n)
		return true
	}
}

func bindRand(_ *expr.Scope, a *expr.Args) error {
	if a.Given(0) && (a.V[0].Int < 1 || a.V[0].Int > 1<<32) {
		return fmt.Errorf("the range %d is not from 1 to 2^32", a.V[0].Int)
	}
	return nil
}

func random(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	s.SetInt(mathrand.Int64N(a.Int(0, 1<<32)))
	return true
}

func bindUUID(_ *expr.Scope, a *expr.Args) error {
	if v := a.Int(0, 4); v != 4 && v != 7 {
		return fmt.Errorf("version %d is not to be had: write 4, 7 or nothing", v)
	}
	return nil
}

func uuid(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	raw := e.Scratch(16)[:16]
	if _, err := rand.Read(raw); err != nil {
		return false
	}
	v := a.Int(0, 4)
	if v == 7 {
		var ms [8]byte
		binary.BigEndian.PutUint64(ms[:], uint64(now(e).UnixMilli()))
		copy(raw[:6], ms[2:])
	}
	raw[6] = raw[6]&0x0f | byte(v)<<4
	raw[8] = raw[8]&0x3f | 0x80
	b := e.Scratch(36)
	for i, part := range [][]byte{raw[:4], raw[4:6], raw[6:8], raw[8:10], raw[10:]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	s.SetStr(b)
	return true
}

func bindVar(_ *expr.Scope, a *expr.Args) error {
	a.Data = []byte(a.Str(1))
	return nil
}

func variable(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	if e.Vars.Get(a.V[0].Var, s) {
		return true
	}
	if a.Given(1) {
		s.SetStr(a.Data.([]byte))
		return true
	}
	return false
}
