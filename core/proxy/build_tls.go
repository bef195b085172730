package proxy

import (
	"crypto/tls"
	"slices"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
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
		out.NextProtos = []string{"h2", "http/1.1"}
	}
	out.GetCertificate = b.chooser(t, out)
	switch t.Verify {
	case "optional":
		out.ClientAuth = tls.VerifyClientCertIfGiven
	case "required":
		out.ClientAuth = tls.RequireAndVerifyClientCert
	}
	var err error
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

// chooser gives what chooses certificates: those of files, those that come by
// themselves, or both, of which files come first.
func (b *builder) chooser(t *config.BindTLS, out *tls.Config) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	var paths []string
	for _, p := range t.Crt {
		paths = append(paths, p.Value)
	}
	if len(t.ACME) == 0 {
		if len(paths) == 0 {
			b.errs.At(t.Pos, "", `tls needs certificates: write crt = "FILE", or acme = ["NAME"]`)
			return nil
		}
		return b.files(t, paths, t.StrictSNI).Choose
	}
	source := b.issuer(t)
	if source == nil {
		return nil
	}
	out.NextProtos = append(out.NextProtos, source.Protocols()...)
	if len(paths) == 0 {
		return source.Choose
	}
	files := b.files(t, paths, true)
	return func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if c, err := files.Choose(h); err == nil {
			return c, nil
		}
		return source.Choose(h)
	}
}

func (b *builder) files(t *config.BindTLS, paths []string, strict bool) *secure.Certificates {
	certs, err := secure.Load(paths, strict)
	if err != nil {
		b.errs.Add(err, t.Crt[0].Pos, t.Crt[0].Path)
	}
	return certs
}

// issuer gives the source of a bind's certificates, making it if it is the first.
func (b *builder) issuer(t *config.BindTLS) secure.Source {
	name := t.Issuer.Value
	if s := b.sources[name]; s != nil {
		return s
	}
	m := tree.Module{Type: "acme", Pos: t.Pos}
	i := slices.IndexFunc(b.cfg.ACME, func(a *config.ACME) bool { return a.Name == name })
	switch {
	case i >= 0:
		m = b.cfg.ACME[i].Module
	case name != "default":
		var known []string
		for _, a := range b.cfg.ACME {
			known = append(known, a.Name)
		}
		t.Issuer.Fail(b.errs, 0, "there is no section [acme.%s]", name).Suggest(name, known)
		return nil
	}
	s, ok := instance(b, secure.Kind, &m)
	if !ok {
		return nil
	}
	b.sources[name] = s
	b.g.sources = append(b.g.sources, s)
	return s
}

// manage tells the sources which names are wanted, and where authorities find
// this process.
func (b *builder) manage() {
	http := 0
	for _, f := range b.cfg.Frontends {
		if !f.HTTP() || f.Disabled {
			continue
		}
		for _, bind := range f.Bind {
			if p := portOf(bind); bind.TLS == nil && (http == 0 || p == 80) {
				http = p
			}
		}
	}
	for _, f := range b.cfg.Frontends {
		for _, bind := range f.Bind {
			if bind.TLS == nil || len(bind.TLS.ACME) == 0 || b.sources[bind.TLS.Issuer.Value] == nil {
				continue
			}
			for _, n := range bind.TLS.ACME {
				if err := b.sources[bind.TLS.Issuer.Value].Manage(n.Value, http, portOf(bind)); err != nil {
					n.Fail(b.errs, 0, "%v", err)
				}
			}
		}
	}
}

// portOf gives the first port of a bind, 0 for none.
func portOf(c config.Bind) int {
	addrs, err := address.ParseBind(c.Address.Value)
	if err != nil {
		return 0 // it is reported where the bind is built
	}
	return int(addrs[0].PortLow)
}

func (b *builder) tlsLimits(out *tls.Config, l *config.TLSLimits) {
	out.MinVersion, out.MaxVersion = tls.VersionTLS12, secure.Version(l.SSLMaxVer)
	if l.SSLMinVer != "" {
		out.MinVersion = secure.Version(l.SSLMinVer)
	}
	if len(l.Ciphers) == 0 {
		out.CipherSuites = secure.DefaultCiphers(out.MinVersion)
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
