package proxy

import (
	"crypto/tls"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// bindTLS makes the TLS settings of a bind; nil for none.
func (b *builder) bindTLS(c *config.Frontend, t *config.BindTLS) *tls.Config {
	if t == nil {
		return nil
	}
	out := &tls.Config{NextProtos: t.ALPN, SessionTicketsDisabled: !t.TLSTickets}
	if len(t.ALPN) == 0 && c.HTTP() {
		out.NextProtos = []string{"http/1.1"}
	}
	for _, p := range t.ALPN {
		if p == "h2" && c.HTTP() {
			b.errs.At(t.Pos, "", "HTTP/2 is not spoken by this version").Hint = `leave "h2" out of alpn`
		}
	}
	var paths []string
	for _, p := range t.Crt {
		paths = append(paths, p.Value)
	}
	certs, err := secure.Load(paths, t.StrictSNI)
	if err != nil {
		b.errs.Add(err, t.Crt[0].Pos, t.Crt[0].Path)
		return nil
	}
	out.GetCertificate = certs.Choose
	switch t.Verify {
	case "optional":
		out.ClientAuth = tls.VerifyClientCertIfGiven
	case "required":
		out.ClientAuth = tls.RequireAndVerifyClientCert
	}
	switch {
	case !t.CAFile.IsZero():
		if out.ClientCAs, err = secure.Pool(t.CAFile.Value); err != nil {
			b.errs.Add(err, t.CAFile.Pos, t.CAFile.Path)
		}
	case out.ClientAuth != tls.NoClientCert:
		b.errs.At(t.Pos, "", "verify = %q needs ca-file", t.Verify).Hint = "name a file with the authorities' certificates"
	}
	b.tlsLimits(out, &t.TLSLimits)
	return out
}

func (b *builder) tlsLimits(out *tls.Config, l *config.TLSLimits) {
	out.MinVersion, out.MaxVersion = tls.VersionTLS12, secure.Version(l.SSLMaxVer)
	if l.SSLMinVer != "" {
		out.MinVersion = secure.Version(l.SSLMinVer)
	}
	for _, name := range l.Ciphers {
		id, err := secure.Cipher(name.Value)
		if err != nil {
			b.errs.Add(err, name.Pos, name.Path)
			continue
		}
		out.CipherSuites = append(out.CipherSuites, id)
	}
	for _, name := range l.Curves {
		id, err := secure.Curve(name.Value)
		if err != nil {
			b.errs.Add(err, name.Pos, name.Path)
			continue
		}
		out.CurvePreferences = append(out.CurvePreferences, id)
	}
}

// serverTLS sets up TLS with a server.
func (b *builder) serverTLS(t *config.ServerTLS, s *Server, sc *expr.Scope) {
	if t == nil {
		return
	}
	out := &tls.Config{NextProtos: t.ALPN, ServerName: t.VerifyHost, ClientSessionCache: tls.NewLRUClientSessionCache(sessionCache)}
	if out.ServerName == "" && !s.spec.IP.IsValid() {
		out.ServerName = s.spec.Host
	}
	var err error
	if !t.CAFile.IsZero() {
		if out.RootCAs, err = secure.Pool(t.CAFile.Value); err != nil {
			b.errs.Add(err, t.CAFile.Pos, t.CAFile.Path)
		}
	}
	if !t.Crt.IsZero() {
		cert, err := secure.LoadPair(t.Crt.Value)
		if err != nil {
			b.errs.Add(err, t.Crt.Pos, t.Crt.Path)
			return
		}
		out.Certificates = []tls.Certificate{*cert}
	}
	out.InsecureSkipVerify = t.Verify == "none"
	if !t.SNI.IsZero() {
		if s.sni, err = expr.ParseExpr(sc.In(expr.UseServer), t.SNI.Value); err != nil {
			b.textError(t.SNI, err)
		}
	}
	if s.sni == nil && out.ServerName == "" && !out.InsecureSkipVerify {
		b.errs.At(t.Pos, "", "there is no name to check the server's certificate by").
			Hint = `write sni = "str(app.example.com)", verifyhost, or verify = "none"`
	}
	b.tlsLimits(out, &t.TLSLimits)
	s.verifyHost = t.VerifyHost
	s.tls = out
}

// sessionCache is how many TLS sessions with a server are kept to resume.
const sessionCache = 128
