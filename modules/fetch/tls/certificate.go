package tls

import (
	"crypto/sha1"
	"crypto/x509"
	"net/netip"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// owner is whose certificate fetches tell of.
type owner struct {
	prefix, whose string
	phases        expr.Phases
	of            func(*expr.Env) *x509.Certificate // nil for none
}

func init() {
	for _, o := range []owner{
		{"ssl_c", "the client's certificate", afterTLS, func(e *expr.Env) *x509.Certificate { return first(withClient.of(e)) }},
		{"ssl_f", "the certificate that the client was shown", afterTLS, func(e *expr.Env) *x509.Certificate {
			if c := secure.CertificatesOf(withClient.of(e)); c != nil {
				return c.Own
			}
			return nil
		}},
		{"ssl_s", "the server's certificate", toServer, func(e *expr.Env) *x509.Certificate { return first(withServer.of(e)) }},
	} {
		register.Fetches([]register.Entry{
			o.bytes(o.whose+" in DER", func(_ *expr.Env, c *x509.Certificate) []byte { return c.Raw }, "der"),
			o.bytes("the serial number of "+o.whose, serial, "serial"),
			o.bytes("the SHA-1 fingerprint of "+o.whose, fingerprint, "sha1"),
			o.text("the algorithm that "+o.whose+" was signed with", func(b []byte, c *x509.Certificate) []byte {
				return append(b, secure.SignatureName(c.SignatureAlgorithm, c.Raw)...)
			}, "sig_alg"),
			o.text("the kind of key of "+o.whose, func(b []byte, c *x509.Certificate) []byte { return append(b, keyKind(c)...) }, "key_alg"),
			o.text("the time from which "+o.whose+" is valid, as YYMMDDhhmmssZ", func(b []byte, c *x509.Certificate) []byte { return date(b, c.NotBefore) }, "notbefore"),
			o.text("the time until which "+o.whose+" is valid, as YYMMDDhhmmssZ", func(b []byte, c *x509.Certificate) []byte { return date(b, c.NotAfter) }, "notafter"),
			o.name("the subject of "+o.whose+", or an entry of it", func(c *x509.Certificate) *dn { return (*dn)(&c.Subject) }, "s_dn"),
			o.name("the issuer of "+o.whose+", or an entry of it", func(c *x509.Certificate) *dn { return (*dn)(&c.Issuer) }, "i_dn"),
			register.As(expr.Fetch{Doc: "the version of " + o.whose, Out: expr.Int, Phases: o.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
				c := o.of(e)
				if c == nil {
					return false
				}
				s.SetInt(int64(c.Version))
				return true
			}}, o.prefix+"_version"),
		})
	}
	client := owner{"ssl_c", "", afterTLS, func(e *expr.Env) *x509.Certificate { return first(withClient.of(e)) }}
	code := func(doc string, f func(*session.TLS) int, name string) register.Entry {
		l := withClient
		l.prefix = "ssl_c"
		return l.number(doc, func(t *session.TLS) int64 { return int64(f(t)) }, name)
	}
	root := owner{"ssl_c", "", afterTLS, func(e *expr.Env) *x509.Certificate {
		if c := secure.CertificatesOf(withClient.of(e)); c != nil {
			return c.Root
		}
		return nil
	}}
	register.Fetches([]register.Entry{
		root.name("the subject of the authority that the client's certificate leads to, or an entry of it", func(c *x509.Certificate) *dn { return (*dn)(&c.Subject) }, "r_dn"),
		client.text("the policies of the client's certificate, as OIDs separated by commas", policies, "policies"),
		withClient.text("the file of the certificate that the client was shown, as show ssl cert names it", func(t *session.TLS) string { return t.CertName }, "crtname"),
		client.text("the alternative names of the client's certificate, separated by commas", names, "san"),
		register.As(expr.Fetch{Doc: "whether the session has a certificate of the client's", Out: expr.Bool, Phases: afterTLS, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			s.SetBool(client.of(e) != nil)
			return e.Conn != nil
		}}, "ssl_c_used"),
		register.As(expr.Fetch{Doc: "the certificates that the client sent with its own, in DER", Out: expr.Bin, Phases: afterTLS, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			return chain(e, withClient.of(e), 1, s)
		}}, "ssl_c_chain_der"),
		register.As(expr.Fetch{Doc: "the certificates that the server sent, in DER", Out: expr.Bin, Phases: toServer, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			return chain(e, withServer.of(e), 0, s)
		}}, "ssl_s_chain_der"),
		code("the first error of the client's certificate that was passed over, by OpenSSL's number; 0 for none", func(t *session.TLS) int { return t.CrtErr }, "err"),
		code("the first error above the client's certificate that was passed over, by OpenSSL's number; 0 for none", func(t *session.TLS) int { return t.CAErr }, "ca_err"),
		code("how far above the client's certificate that error was", func(t *session.TLS) int { return t.CAErrDepth }, "ca_err_depth"),
		code("the error of the check of the client's certificate, by OpenSSL's number; 0 for none", func(t *session.TLS) int { return t.Verify }, "verify"),
	})
}

// peer gives the certificates that the other side sent.
func peer(t *session.TLS) []*x509.Certificate {
	if c := secure.CertificatesOf(t); c != nil {
		return c.Peer
	}
	return nil
}

func first(t *session.TLS) *x509.Certificate {
	if list := peer(t); len(list) > 0 {
		return list[0]
	}
	return nil
}

func (o owner) bytes(doc string, f func(*expr.Env, *x509.Certificate) []byte, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Bin, Phases: o.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		c := o.of(e)
		if c == nil {
			return false
		}
		s.SetBin(f(e, c))
		return true
	}}, o.prefix+"_"+name)
}

// textRoom is what texts about a certificate take at most without allocating.
const textRoom = 256

func (o owner) text(doc string, f func([]byte, *x509.Certificate) []byte, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: o.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		c := o.of(e)
		if c == nil {
			return false
		}
		s.SetStr(f(e.Scratch(textRoom), c))
		return len(s.Bytes) > 0
	}}, o.prefix+"_"+name)
}

func serial(e *expr.Env, c *x509.Certificate) []byte {
	n := (c.SerialNumber.BitLen() + 8) / 8 // as in DER, where the first bit is the sign
	if n == 0 {
		n = 1
	}
	return c.SerialNumber.FillBytes(e.Scratch(n)[:n])
}

func fingerprint(e *expr.Env, c *x509.Certificate) []byte {
	sum := sha1.Sum(c.Raw)
	return append(e.Scratch(len(sum)), sum[:]...)
}

// date appends a time without its century.
func date(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, "060102150405Z") }

func keyKind(c *x509.Certificate) string {
	switch c.PublicKeyAlgorithm {
	case x509.RSA:
		return "rsaEncryption"
	case x509.ECDSA:
		return "id-ecPublicKey"
	case x509.Ed25519:
		return "ED25519"
	case x509.DSA:
		return "dsaEncryption"
	}
	return "UNDEF"
}

// names appends the alternative names by kind.
func names(b []byte, c *x509.Certificate) []byte {
	add := func(kind string) {
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = append(b, kind...)
	}
	for _, n := range c.DNSNames {
		add("DNS:")
		b = append(b, n...)
	}
	for _, ip := range c.IPAddresses {
		if a, ok := netip.AddrFromSlice(ip); ok {
			add("IP Address:")
			b = a.Unmap().AppendTo(b)
		}
	}
	for _, m := range c.EmailAddresses {
		add("email:")
		b = append(b, m...)
	}
	for _, u := range c.URIs {
		add("URI:")
		b = append(b, u.String()...)
	}
	return b
}

func policies(b []byte, c *x509.Certificate) []byte {
	for _, id := range c.Policies {
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(b, id.String()...)
	}
	return b
}

// chain gives the certificates that the other side sent, from the nth. As in
// OpenSSL, a client's own is not among its chain, and a server's is.
func chain(e *expr.Env, t *session.TLS, from int, s *expr.Sample) bool {
	list := peer(t)
	if len(list) <= from {
		return false
	}
	n := 0
	for _, c := range list[from:] {
		n += len(c.Raw)
	}
	b := e.Scratch(n)
	for _, c := range list[from:] {
		b = append(b, c.Raw...)
	}
	s.SetBin(b)
	return true
}
