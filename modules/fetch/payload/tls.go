package payload

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the type of the client's TLS hello: 1 for a ClientHello", Out: expr.Int, Phases: content,
			Eval: onHello(func(h *hello, s *expr.Sample) bool {
				s.SetInt(typeClientHello)
				return true
			})}, "req.ssl_hello_type", "req_ssl_hello_type"),
		register.As(expr.Fetch{Doc: "the server name in the client's TLS hello", Out: expr.Str, Phases: content,
			Eval: onHello(func(h *hello, s *expr.Sample) bool {
				s.SetStr(h.sni)
				return h.sni != nil
			})}, "req.ssl_sni", "req_ssl_sni"),
		register.As(expr.Fetch{Doc: "the highest TLS version in the client's hello, major times 65536 and minor", Out: expr.Int, Phases: content,
			Eval: onHello(func(h *hello, s *expr.Sample) bool {
				s.SetInt(int64(h.version>>8)<<16 | int64(h.version&0xff))
				return true
			})}, "req.ssl_ver", "req_ssl_ver"),
		register.As(expr.Fetch{Doc: "the application protocols in the client's TLS hello, parted by commas", Out: expr.Str, Phases: content,
			Eval: alpn}, "req.ssl_alpn"),
		register.As(expr.Fetch{Doc: "true when the client begins with HTTP", Out: expr.Bool, Phases: content,
			Eval: isHTTP}, "req.proto_http", "req_proto_http"),
	})
}

func onHello(f func(*hello, *expr.Sample) bool) func(*expr.Env, *expr.Args, *expr.Sample) bool {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		h, st := parseHello(e.Input)
		switch st {
		case incomplete:
			return needMore(e)
		case other:
			return false
		}
		return f(&h, s)
	}
}

func alpn(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	h, st := parseHello(e.Input)
	if st == incomplete {
		return needMore(e)
	}
	if st == other || h.alpn == nil {
		return false
	}
	out := e.Scratch(len(h.alpn))
	r := reader{b: h.alpn}
	for len(r.b) > 0 && !r.failed {
		if len(out) > 0 {
			out = append(out, ',')
		}
		out = append(out, r.vector(1)...)
	}
	s.SetStr(out)
	return !r.failed
}

// isHTTP looks for a method and what follows it.
func isHTTP(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req != nil {
		s.SetBool(true)
		return true
	}
	n := 0
	for n < len(e.Input) && e.Input[n] >= 'A' && e.Input[n] <= 'Z' && n < maxMethod {
		n++
	}
	if n == len(e.Input) {
		return needMore(e)
	}
	s.SetBool(n > 0 && e.Input[n] == ' ')
	return true
}

// maxMethod is the longest method that is taken for one, in bytes.
const maxMethod = 16
