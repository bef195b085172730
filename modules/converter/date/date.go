// Package date registers the converters of HAProxy's manual, section 7.3.1,
// that write dates by a strftime(3) format: ltime, utime, ms_ltime, ms_utime,
// us_ltime and us_utime.
//
// Those with l use the local time zone, those with u UTC. The locale is that of
// C; %N is the fraction of the second in nanoseconds, %3N in milliseconds, in
// all of them. The converters do not allocate and may be used by many
// goroutines at once. The time zone is found by Go's rules: the variable TZ,
// or /etc/localtime.
package date

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

func init() {
	for _, r := range records() {
		module.RegisterRecord(expr.ConverterKind, r.Name, r.Doc, r.Converter)
	}
}

func records() []arg.Record {
	return []arg.Record{
		writer("ltime", "writes seconds since 1970 in local time by a strftime format, after adding an offset in seconds", time.Second, true),
		writer("utime", "writes seconds since 1970 in UTC by a strftime format, after adding an offset in seconds", time.Second, false),
		writer("ms_ltime", "writes milliseconds since 1970 in local time by a strftime format, after adding an offset in milliseconds", time.Millisecond, true),
		writer("ms_utime", "writes milliseconds since 1970 in UTC by a strftime format, after adding an offset in milliseconds", time.Millisecond, false),
		writer("us_ltime", "writes microseconds since 1970 in local time by a strftime format, after adding an offset in microseconds", time.Microsecond, true),
		writer("us_utime", "writes microseconds since 1970 in UTC by a strftime format, after adding an offset in microseconds", time.Microsecond, false),
	}
}

// The seconds of the years 0 to 9999; other dates give no value.
const (
	least = -62167219200
	most  = 253402300799
)

func writer(name, doc string, unit time.Duration, local bool) arg.Record {
	perSecond := int64(time.Second / unit)
	return arg.Record{Name: name, Converter: expr.Converter{
		Doc: doc, In: expr.Int, Out: expr.Str,
		Args: []expr.Arg{arg.Need("format", expr.ArgStr), {Name: "offset", Type: expr.ArgInt, Optional: true}},
		Bind: bindFormat,
		Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
			n, ok := sum(s.Int, a.Int(1, 0))
			seconds := floor(n, perSecond)
			if !ok || seconds < least || seconds > most {
				return false
			}
			t := time.Unix(seconds, (n-seconds*perSecond)*int64(unit))
			if local {
				t = t.Local()
			} else {
				t = t.UTC()
			}
			f := a.Data.(*format)
			s.SetStr(f.append(e.Scratch(f.size), t))
			return true
		},
	}}
}

// sum reports false where the sum does not fit.
func sum(a, b int64) (int64, bool) {
	c := a + b
	return c, (c < a) == (b < 0)
}

// floor divides towards the past.
func floor(n, by int64) int64 {
	q := n / by
	if n%by < 0 {
		q--
	}
	return q
}
