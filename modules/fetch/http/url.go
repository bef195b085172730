package http

import (
	"bytes"
	"fmt"
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/hash"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	part := func(doc string, f func(target []byte) ([]byte, bool), name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: request, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			if e.Req == nil {
				return false
			}
			v, ok := f(e.Req.Target())
			s.SetStr(v)
			return ok
		}}, name)
	}
	joined := func(doc string, f func(e *expr.Env) []byte, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: request, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			if e.Req == nil {
				return false
			}
			s.SetStr(f(e))
			return true
		}}, name)
	}
	register.Fetches([]register.Entry{
		part("the path, without the query", path, "path"),
		part("the path with the query", pathq, "pathq"),
		part("the whole request target", func(t []byte) ([]byte, bool) { return t, true }, "url"),
		register.As(expr.Fetch{Doc: "the query, without its \"?\" unless with_qm is given; there is none when there is no \"?\"", Out: expr.Str, Phases: request,
			Args: []expr.Arg{{Name: "options", Type: expr.ArgStr, Optional: true}}, Bind: bindQuery, Eval: query}, "query"),
		joined("the Host field and the path, without the query", base, "base"),
		joined("the Host field and the path with the query", baseq, "baseq"),
		hashed("the SDBM hash, with avalanche, of base", base, "base32"),
		hashed("a hash of the Host field and the path with the query", baseq, "url32"),
		register.As(expr.Fetch{Doc: "the address in the authority of the request target", Out: expr.IP, Phases: request, Eval: urlIP}, "url_ip"),
		register.As(expr.Fetch{Doc: "the port in the authority of the request target, 80 when none is written", Out: expr.Int, Phases: request, Eval: urlPort}, "url_port"),
	})
}

// pathq gives a target without scheme and authority, from its first slash on;
// "*" and the target of a CONNECT have no path.
func pathq(target []byte) ([]byte, bool) {
	if i := bytes.Index(target, []byte("://")); i > 0 && target[0] != '/' {
		rest := target[i+3:]
		j := bytes.IndexAny(rest, "/?#")
		if j < 0 {
			return nil, false
		}
		target = rest[j:]
	}
	return target, len(target) > 0 && target[0] == '/'
}

func path(target []byte) ([]byte, bool) {
	p, ok := pathq(target)
	if i := bytes.IndexByte(p, '?'); i >= 0 {
		p = p[:i]
	}
	return p, ok
}

func bindQuery(_ *expr.Scope, a *expr.Args) error {
	if o := a.Str(0); o != "" && o != "with_qm" {
		return fmt.Errorf("unknown option %q: write with_qm or nothing", o)
	}
	return nil
}

func query(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	target := e.Req.Target()
	i := bytes.IndexByte(target, '?')
	if i < 0 {
		return false
	}
	q := target[i:]
	if a.Str(0) == "" || len(q) == 1 { // a lone question mark is never given
		q = q[1:]
	}
	s.SetStr(q)
	return true
}

func base(e *expr.Env) []byte  { return withHost(e, path) }
func baseq(e *expr.Env) []byte { return withHost(e, pathq) }

// withHost gives the first Host field, and a part of the target after it.
func withHost(e *expr.Env, part func([]byte) ([]byte, bool)) []byte {
	var host []byte
	if i := e.Req.FindKnown(httpmsg.Host, 0); i >= 0 {
		host = e.Req.Value(i)
	}
	p, ok := part(e.Req.Target())
	if !ok {
		p = nil
	}
	return append(append(e.Scratch(len(host)+len(p)), host...), p...)
}

func hashed(doc string, of func(*expr.Env) []byte, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: request, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Req == nil {
			return false
		}
		s.SetInt(int64(hash.Avalanche(hash.SDBM(of(e)))))
		return true
	}}, name)
}

// authority gives host and port of a target in absolute form, without user
// information.
func authority(target []byte) []byte {
	i := bytes.Index(target, []byte("://"))
	if i <= 0 || target[0] == '/' {
		return nil
	}
	a := target[i+3:]
	if j := bytes.IndexAny(a, "/?#"); j >= 0 {
		a = a[:j]
	}
	return a[bytes.LastIndexByte(a, '@')+1:]
}

// hostPort parts an authority; port is nil when none is written.
func hostPort(authority []byte) (host, port []byte) {
	i := bytes.LastIndexByte(authority, ':')
	if i < 0 || bytes.IndexByte(authority[i:], ']') >= 0 {
		return authority, nil
	}
	return authority[:i], authority[i+1:]
}

func urlIP(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	host, _ := hostPort(authority(e.Req.Target()))
	if n := len(host); n > 1 && host[0] == '[' && host[n-1] == ']' {
		host = host[1 : n-1]
	}
	return setIP(host, s)
}

// setIP parses an address without a zone.
func setIP(b []byte, s *expr.Sample) bool {
	if len(b) == 0 || bytes.IndexByte(b, '%') >= 0 {
		return false
	}
	a, err := netip.ParseAddr(expr.String(b))
	if err != nil {
		return false
	}
	s.SetIP(a)
	return true
}

func urlPort(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	host, port := hostPort(authority(e.Req.Target()))
	if len(host) == 0 {
		return false
	}
	n := int64(80)
	if len(port) > 0 {
		var ok bool
		if n, ok = expr.AtoI(port); !ok || n < 0 || n > 65535 {
			return false
		}
	}
	s.SetInt(n)
	return true
}
