package http

import (
	"bytes"
	"fmt"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	args := []expr.Arg{{Name: "name", Type: expr.ArgStr, Optional: true}, {Name: "delimiter", Type: expr.ArgStr, Optional: true}, {Name: "i", Type: expr.ArgStr, Optional: true}}
	url := func(doc string, out expr.Type, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: out, Phases: request, Args: args, Multi: true, Bind: bindParam, Eval: urlParam(out)}, names...)
	}
	register.Fetches([]register.Entry{
		url("the value of a parameter of the URL, of any name without one; \"i\" ignores case", expr.Str, "url_param", "urlp"),
		url("the value of a parameter of the URL as an integer", expr.Int, "urlp_val"),
		register.As(expr.Fetch{Doc: "the value of a parameter of the request's body, which is in the form of a query; \"i\" ignores case", Out: expr.Str, Phases: body,
			Args: []expr.Arg{args[0], args[2]}, Multi: true, Bind: bindBodyParam, Eval: bodyParam}, "req.body_param"),
	})
}

// params says which parameters are looked for.
type params struct {
	name  []byte // nil for any
	delim byte   // what the parameters stand behind
	fold  bool
}

func bindParam(_ *expr.Scope, a *expr.Args) error {
	p := params{name: []byte(a.Str(0)), delim: '?'}
	if d := a.Str(1); len(d) > 1 {
		return fmt.Errorf("the delimiter %q is not one character", d)
	} else if d != "" {
		p.delim = d[0]
	}
	a.Data = &p
	return p.ignoreCase(a.Str(2))
}

func bindBodyParam(_ *expr.Scope, a *expr.Args) error {
	p := params{name: []byte(a.Str(0)), delim: '&'}
	a.Data = &p
	return p.ignoreCase(a.Str(1))
}

func (p *params) ignoreCase(word string) error {
	switch word {
	case "":
	case "i":
		p.fold = true
	default:
		return fmt.Errorf("unknown option %q: write i to ignore case, or nothing", word)
	}
	return nil
}

// next gives the value of the next parameter in text at or after off, and the
// offset behind it. What has no "=" is no parameter.
func (p *params) next(text []byte, off int) (value []byte, after int, ok bool) {
	for off < len(text) {
		end := off
		for end < len(text) && text[end] != '&' && text[end] != ';' && text[end] != p.delim {
			end++
		}
		name, value, found := bytes.Cut(text[off:end], []byte("="))
		off = end + 1
		if found && p.matches(name) {
			return value, min(off, len(text)), true
		}
	}
	return nil, off, false
}

func (p *params) matches(name []byte) bool {
	return len(p.name) == 0 || bytes.Equal(name, p.name) || p.fold && httpmsg.EqualFold(name, expr.String(p.name))
}

// urlParam walks over the parameters behind the delimiter; the cursor is the
// offset in the target after the one before.
func urlParam(out expr.Type) eval {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		if e.Req == nil {
			return false
		}
		p := a.Data.(*params)
		target := e.Req.Target()
		start := bytes.IndexByte(target, p.delim)
		if start < 0 {
			return false
		}
		value, after, ok := p.next(target, max(start+1, s.Next))
		if !ok {
			return false
		}
		s.SetStr(value)
		s.Next = after
		if out == expr.Int {
			return asInt(e, s)
		}
		return true
	}
}

func bodyParam(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	value, after, ok := a.Data.(*params).next(e.ReqBody, s.Next)
	s.SetStr(value)
	s.Next = after
	return ok
}
