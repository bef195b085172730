// Package http registers the converters of HAProxy's manual, section 7.3.1, for
// values of HTTP header fields: language, host_only, port_only, http_date,
// date, capture-req and capture-res.
//
// They may be used by many goroutines at once and do not allocate, but for the
// capturing ones, which keep a copy.
package http

import (
	"bytes"
	"fmt"
	"strings"

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
	slot := []expr.Arg{arg.Need("id", expr.ArgInt)}
	return []arg.Record{
		{Name: "language", Converter: expr.Converter{
			Doc: "gives the language of a list that an Accept-Language value likes best, or the default", In: expr.Str, Out: expr.Str,
			Args: []expr.Arg{arg.Need("values", expr.ArgStr), {Name: "default", Type: expr.ArgStr, Optional: true}}, Bind: bindLanguage, Eval: language}},
		{Name: "host_only", Converter: expr.Converter{Doc: "gives a Host value in lower case, without its port", In: expr.Str, Out: expr.Str, Eval: hostOnly}},
		{Name: "port_only", Converter: expr.Converter{Doc: "gives the port of a Host value, 0 where it has none", In: expr.Str, Out: expr.Int, Eval: portOnly}},
		{Name: "http_date", Converter: expr.Converter{
			Doc: "writes seconds since 1970 as HTTP does dates, after adding an offset; the unit may also be ms or us", In: expr.Int, Out: expr.Str,
			Args: arg.Optional(arg.Need("offset", expr.ArgInt), arg.Need("unit", expr.ArgStr)), Bind: bindDate, Eval: writeDate}},
		{Name: "date", Converter: expr.Converter{Doc: "reads a date of an HTTP header field, in any of the three formats, as seconds since 1970", In: expr.Str, Out: expr.Int, Eval: readDate}},
		{Name: "capture-req", Converter: expr.Converter{Doc: "keeps a copy in a capture slot of the request, where there is one, and passes the value on", In: expr.Str, Out: expr.Str,
			Args: slot, Bind: bindSlot, Eval: capture(func(e *expr.Env) [][]byte { return e.Stream.CapturedReq })}},
		{Name: "capture-res", Converter: expr.Converter{Doc: "keeps a copy in a capture slot of the response, where there is one, and passes the value on", In: expr.Str, Out: expr.Str,
			Args: slot, Bind: bindSlot, Eval: capture(func(e *expr.Env) [][]byte { return e.Stream.CapturedRes })}},
	}
}

// bare cuts the port, with its colon, off a Host value (RFC 9110 section 7.2).
func bare(b []byte) (host, port []byte) {
	from := bytes.LastIndexByte(b, ']') + 1 // colons in brackets belong to an IPv6 address
	if i := bytes.LastIndexByte(b[from:], ':'); i >= 0 {
		return b[:from+i], b[from+i+1:]
	}
	return b, nil
}

func hostOnly(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	host, _ := bare(s.Bytes)
	out := append(e.Scratch(len(host)), host...)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c | 0x20
		}
	}
	s.SetStr(out)
	return true
}

func portOnly(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	_, port := bare(s.Bytes)
	n, ok := expr.AtoI(port)
	if !ok || n < 0 || n > 65535 {
		n = 0
	}
	s.SetInt(n)
	return true
}

func bindSlot(_ *expr.Scope, a *expr.Args) error {
	if n := a.Int(0, 0); n < 0 {
		return fmt.Errorf("the slot is %d; slots begin at 0", n)
	}
	return nil
}

func capture(slots func(*expr.Env) [][]byte) func(*expr.Env, *expr.Args, *expr.Sample) bool {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		if e.Stream == nil {
			return true
		}
		if list, i := slots(e), a.V[0].Int; i < int64(len(list)) {
			list[i] = bytes.Clone(s.Bytes)
		}
		return true
	}
}

// choices are the languages that language may give.
type choices struct {
	values    [][]byte
	otherwise []byte // nil when there is no default
}

func bindLanguage(_ *expr.Scope, a *expr.Args) error {
	c := &choices{}
	for _, v := range strings.Split(a.Str(0), ";") {
		if v = strings.TrimSpace(v); v != "" {
			c.values = append(c.values, []byte(v))
		}
	}
	if len(c.values) == 0 {
		return fmt.Errorf("there must be languages, as in language(es;fr;en)")
	}
	if a.Given(1) {
		c.otherwise = []byte(a.Str(1))
	}
	a.Data = c
	return nil
}
