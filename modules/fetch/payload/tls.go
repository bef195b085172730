package payload

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	of := func(doc string, out expr.Type, f func(hello, *expr.Sample) bool, names ...string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: out, Phases: ofClient, Eval: onHello(f)}, names...)
	}
	list := func(doc string, f func(hello) []byte, name string) register.Entry {
		return of(doc, expr.Bin, func(h hello, s *expr.Sample) bool {
			s.SetBin(f(h))
			return s.Bytes != nil
		}, name)
	}
	register.Fetches([]register.Entry{
		of("the type of the client's TLS hello: 1 for a ClientHello", expr.Int, func(_ hello, s *expr.Sample) bool {
			s.SetInt(typeClientHello)
			return true
		}, "req.ssl_hello_type", "req_ssl_hello_type"),
		of("the server name in the client's TLS hello", expr.Str, func(h hello, s *expr.Sample) bool {
			s.SetStr(h.sni)
			return h.sni != nil
		}, "req.ssl_sni", "req_ssl_sni"),
		of("the version in the client's TLS hello, major times 65536 and minor; 3.3 is TLS 1.2, and is said for later versions too", expr.Int, func(h hello, s *expr.Sample) bool {
			s.SetInt(int64(h.version>>8)<<16 | int64(h.version&0xff))
			return true
		}, "req.ssl_ver", "req_ssl_ver"),
		of("whether the client's TLS hello names elliptic curves", expr.Bool, func(h hello, s *expr.Sample) bool {
			s.SetBool(h.groups != nil)
			return true
		}, "req.ssl_ec_ext"),
		of("0 when the client's TLS hello has no extension for session tickets, 1 when it has one, 2 when a ticket is in it", expr.Int, func(h hello, s *expr.Sample) bool {
			s.SetInt(int64(h.ticket))
			return true
		}, "req.ssl_st_ext"),
		list("the cipher suites in the client's TLS hello, 2 bytes each", func(h hello) []byte { return h.ciphers }, "req.ssl_cipherlist"),
		list("the groups for key exchange in the client's TLS hello, 2 bytes each", func(h hello) []byte { return h.groups }, "req.ssl_supported_groups"),
		list("the signature algorithms in the client's TLS hello, 2 bytes each", func(h hello) []byte { return h.sigalgs }, "req.ssl_sigalgs"),
		register.As(expr.Fetch{Doc: "the groups for which the client's TLS hello has key shares, 2 bytes each", Out: expr.Bin, Phases: ofClient, Eval: keyShares}, "req.ssl_keyshare_groups"),
		register.As(expr.Fetch{Doc: "the application protocols in the client's TLS hello, one by one", Out: expr.Str, Phases: ofClient, Multi: true, Eval: alpn}, "req.ssl_alpn"),
		register.As(expr.Fetch{Doc: "the type of the server's TLS hello: 2 for a ServerHello", Out: expr.Int, Phases: ofServer, Eval: serverHello}, "res.ssl_hello_type", "rep_ssl_hello_type"),
	})
}

// parsed gives the hello that the client's bytes begin with.
func parsed(e *expr.Env, h *hello) bool {
	st := h.parse(e.Input)
	if st == incomplete {
		return needMore(e)
	}
	return st == complete
}

func onHello(f func(hello, *expr.Sample) bool) func(*expr.Env, *expr.Args, *expr.Sample) bool {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		var h hello
		return parsed(e, &h) && f(h, s)
	}
}

// alpn walks over the protocols; the cursor is the offset behind the one before.
func alpn(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	var h hello
	if !parsed(e, &h) || s.Next >= len(h.alpn) {
		return false
	}
	r := reader{b: h.alpn[s.Next:]}
	s.SetStr(r.vector(1))
	s.Next = len(h.alpn) - len(r.b)
	return !r.failed
}

func keyShares(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	var h hello
	if !parsed(e, &h) || h.shares == nil {
		return false
	}
	out := e.Scratch(len(h.shares))
	r := reader{b: h.shares}
	for len(r.b) > 0 && !r.failed {
		group := r.skip(2)
		r.vector(2) // the share
		out = append(out, group...)
	}
	s.SetBin(out)
	return !r.failed
}

// serverHello looks at the start of the server's first record.
func serverHello(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	b := e.Input
	switch {
	case len(b) > 0 && b[0] != recordHandshake, len(b) > 1 && b[1] != 3, len(b) > recordHeaderSize && b[recordHeaderSize] != typeServerHello:
		return false
	case len(b) <= recordHeaderSize:
		return needMore(e)
	}
	s.SetInt(typeServerHello)
	return true
}
