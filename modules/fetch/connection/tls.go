package connection

import (
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	none := func(*session.Conn) int64 { return 0 }
	register.Fetches([]register.Entry{
		boolean("whether the client's connection is encrypted here", func(c *session.Conn) bool { return c.TLS != nil }, "ssl_fc"),
		boolean("whether the client's TLS session was resumed", func(c *session.Conn) bool { return c.TLS != nil && c.TLS.Resumed }, "ssl_fc_is_resumed"),
		ofTLS("the server name that the client sent by TLS", func(t *session.TLS) string { return t.SNI }, "ssl_fc_sni"),
		ofTLS("the TLS version with the client", func(t *session.TLS) string { return t.Version }, "ssl_fc_protocol"),
		ofTLS("the cipher with the client", func(t *session.TLS) string { return t.Cipher }, "ssl_fc_cipher"),
		ofTLS("the application protocol agreed with the client", func(t *session.TLS) string { return t.ALPN }, "ssl_fc_alpn"),
		integer("the error of the client's TLS connection, 0 for none", none, "ssl_fc_err"),
		integer("the error of the client's certificate, 0 for none", none, "ssl_c_err"),
		integer("the error of the authority of the client's certificate, 0 for none", none, "ssl_c_ca_err"),
	})
}

func ofTLS(doc string, f func(*session.TLS) string, name string) register.Entry {
	return text(doc, func(c *session.Conn) string {
		if c.TLS == nil {
			return ""
		}
		return f(c.TLS)
	}, name)
}
