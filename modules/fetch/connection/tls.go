package connection

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// afterTLS are the phases in which TLS with the client is set up.
var afterTLS = expr.FromSession

func init() {
	flag := func(doc string, f func(*session.TLS) bool, name string) register.Entry {
		e := boolean(doc, func(c *session.Conn) bool { return c.TLS != nil && f(c.TLS) }, name)
		e.Phases = afterTLS
		return e
	}
	text := func(doc string, f func(*session.TLS) string, name string) register.Entry {
		e := text(doc, func(c *session.Conn) string {
			if c.TLS == nil {
				return ""
			}
			return f(c.TLS)
		}, name)
		e.Phases = afterTLS
		return e
	}
	register.Fetches([]register.Entry{
		flag("whether the client's connection is encrypted here", func(*session.TLS) bool { return true }, "ssl_fc"),
		flag("whether the client's TLS session was resumed", func(t *session.TLS) bool { return t.Resumed }, "ssl_fc_is_resumed"),
		flag("whether the client sent a server name by TLS", func(t *session.TLS) bool { return t.SNI != "" }, "ssl_fc_has_sni"),
		text("the server name that the client sent by TLS", func(t *session.TLS) string { return t.SNI }, "ssl_fc_sni"),
		text("the TLS version with the client", func(t *session.TLS) string { return t.Version }, "ssl_fc_protocol"),
		text("the cipher with the client", func(t *session.TLS) string { return t.Cipher }, "ssl_fc_cipher"),
		text("the application protocol agreed with the client", func(t *session.TLS) string { return t.ALPN }, "ssl_fc_alpn"),
		noError("the error of the client's TLS connection: 0, as rules and logs see none that failed", "ssl_fc_err"),
		noError("the error of the client's certificate: 0, as none is taken that has one", "ssl_c_err"),
		noError("the error of the authority of the client's certificate: 0, as none is taken that has one", "ssl_c_ca_err"),
	})
}

// noError is 0 with TLS, and no value without.
func noError(doc, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: afterTLS, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		s.SetInt(0)
		return e.Conn != nil && e.Conn.TLS != nil
	}}, name)
}
