// Package proxies registers the converters of HAProxy's manual, section 7.3.1,
// that take the name of a backend, frontend or server and tell something about
// it: nbsrv, srv_is_up, srv_queue and fe_exists.
//
// A server is named as backend/server, or as server alone for one of the
// stream's backend. Names that are not there give no value, or false. Who may
// choose the name may ask for the state of any server: mind what data it is
// taken from. The converters may be used by many goroutines at once.
package proxies

import (
	"bytes"

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
		{Name: "nbsrv", Converter: expr.Converter{Doc: "gives the number of usable servers of the backend that is named", In: expr.Str, Out: expr.Int, Eval: usable}},
		{Name: "srv_is_up", Converter: expr.Converter{Doc: "tells whether the server that is named is up", In: expr.Str, Out: expr.Bool, Eval: isUp}},
		{Name: "srv_queue", Converter: expr.Converter{Doc: "gives the number of streams in the queue of the server that is named", In: expr.Str, Out: expr.Int, Eval: queued}},
		{Name: "fe_exists", Converter: expr.Converter{Doc: "tells whether there is a frontend of that name", In: expr.Str, Out: expr.Bool, Eval: frontendExists}},
	}
}

func usable(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Table == nil {
		return false
	}
	p, ok := e.Table.Backend(expr.String(s.Bytes))
	if !ok {
		return false
	}
	n := int64(0)
	for _, srv := range p.Servers() {
		if srv.Usable() {
			n++
		}
	}
	s.SetInt(n)
	return true
}

// server finds the server that a value names, nil where there is none.
func server(e *expr.Env, name []byte) expr.Server {
	if e.Table == nil {
		return nil
	}
	backend, srv := "", name
	if i := bytes.IndexByte(name, '/'); i >= 0 {
		backend, srv = expr.String(name[:i]), name[i+1:]
	} else if e.Stream != nil {
		backend = e.Stream.Backend
	}
	p, ok := e.Table.Backend(backend)
	if !ok {
		return nil
	}
	for _, one := range p.Servers() {
		if one.Name() == expr.String(srv) {
			return one
		}
	}
	return nil
}

func isUp(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	srv := server(e, s.Bytes)
	s.SetBool(srv != nil && srv.Usable())
	return true
}

func queued(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	srv := server(e, s.Bytes)
	if srv == nil {
		return false
	}
	s.SetInt(srv.Queued())
	return true
}

func frontendExists(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	found := false
	if e.Table != nil {
		_, found = e.Table.Frontend(expr.String(s.Bytes))
	}
	s.SetBool(found)
	return true
}
