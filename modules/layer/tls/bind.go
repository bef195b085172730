package tls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// bind makes the settings of a bind; nil after an error.
func (b *builder) bind(c *config.Frontend, bc *config.Bind) *acceptor {
	t := bc.TLS
	tb := &acceptor{layer: b.Layer}
	if t.Managed() {
		if tb.source = b.issuer(t); tb.source == nil {
			return nil
		}
	}
	for _, n := range t.NPN {
		b.warn(n, "npn is ignored: clients that speak TLS 1.2 and later agree on protocols by alpn")
	}
	settings := b.bindSettings(c, bc, tb, t)
	if settings == nil {
		return nil
	}
	tb.peers, tb.sigalgs = settings.Peers, settings.Sigalgs
	tb.table = b.table(t, func(line *config.BindTLS) *secure.Settings { return b.bindSettings(c, bc, tb, line) })
	settings.Config.GetConfigForClient = tb.settings
	tb.config = settings.Config
	return tb
}

// bindSettings makes the settings of a bind, or of a line of a list that
// overrides some of the bind's.
func (b *builder) bindSettings(c *config.Frontend, bc *config.Bind, tb *acceptor, t *config.BindTLS) *secure.Settings {
	out := &tls.Config{NextProtos: slices.Clone(t.ALPN), SessionTicketsDisabled: !t.TLSTickets, GetCertificate: tb.certificate}
	if t.ALPN == nil && c.HTTP() {
		out.NextProtos = []string{"h2", "http/1.1"}
	}
	if bc.Proto == "h1" {
		out.NextProtos = slices.DeleteFunc(out.NextProtos, func(p string) bool { return p == "h2" })
	}
	if tb.source != nil {
		out.NextProtos = append(out.NextProtos, tb.source.Protocols()...)
	}
	b.tickets(t.TLSTicketKeys).Use(out)
	limits := t.TLSLimits
	b.cfg.Global.Binds(&limits)
	return &secure.Settings{Config: out, Peers: b.clients(t, out), Sigalgs: b.tlsLimits(out, &limits, t.Pos)}
}

// clients sets up how clients' certificates are checked. It gives nil where
// crypto/tls does that well by itself.
func (b *builder) clients(t *config.BindTLS, out *tls.Config) *secure.Peers {
	switch t.Verify {
	case "optional":
		out.ClientAuth = tls.VerifyClientCertIfGiven
	case "required":
		out.ClientAuth = tls.RequireAndVerifyClientCert
	}
	told := b.pool(t.CAFile)
	out.ClientCAs = told
	if !t.CAVerifyFile.IsZero() {
		out.ClientCAs = b.pool(t.CAFile, t.CAVerifyFile)
	}
	if t.CAFile.IsZero() && t.CAVerifyFile.IsZero() && out.ClientAuth != tls.NoClientCert {
		b.errs.At(t.Pos, "", "verify = %q needs ca-file", t.Verify).Hint = "name a file with the authorities' certificates"
		return nil
	}
	p := &secure.Peers{
		Roots: out.ClientCAs, Revoked: b.revoked(t.CRLFile), Usage: x509.ExtKeyUsageClientAuth, Now: time.Now,
		IgnoreCrt: b.codes(t.CrtIgnoreErr), IgnoreCA: b.codes(t.CAIgnoreErr),
	}
	own := p.Revoked != nil || p.Lenient() || !t.CAVerifyFile.IsZero() || t.NoCANames
	if out.ClientAuth == tls.NoClientCert || !own {
		return nil
	}
	// The authorities that clients are told of are not those of the check.
	out.ClientCAs = told
	if t.NoCANames {
		out.ClientCAs = nil
	}
	if out.ClientAuth == tls.RequireAndVerifyClientCert {
		out.ClientAuth = tls.RequireAnyClientCert
	} else {
		out.ClientAuth = tls.RequestClientCert
	}
	out.VerifyConnection = p.Client
	return p
}

// tickets gives what seals sessions.
func (b *builder) tickets(file tree.Text) *secure.Tickets {
	if file.IsZero() {
		return b.engine.tickets
	}
	t, err := secure.ReadTickets(file.Value)
	if err != nil {
		b.errs.Add(err, file.Pos, file.Path)
		return b.engine.tickets
	}
	return t
}

// pool reads the certificates of authorities; nil for no files.
func (b *builder) pool(files ...tree.Text) *x509.CertPool {
	var paths []string
	for _, f := range files {
		if f.IsZero() {
			continue
		}
		path := secure.Under(b.cfg.Global.CABase, f.Value)
		if _, err := secure.Pool(path); err != nil {
			b.errs.Add(err, f.Pos, f.Path)
			continue
		}
		paths = append(paths, path)
	}
	if paths == nil {
		return nil
	}
	pool, err := secure.Pool(paths...)
	if err != nil {
		b.errs.Add(err, files[0].Pos, files[0].Path)
	}
	return pool
}

// revoked reads revocation lists; nil for no file.
func (b *builder) revoked(file tree.Text) *secure.Revoked {
	if file.IsZero() {
		return nil
	}
	r, err := secure.ReadRevoked(secure.Under(b.cfg.Global.CABase, file.Value))
	if err != nil {
		b.errs.Add(err, file.Pos, file.Path)
	}
	return r
}

// codes reads errors to pass over.
func (b *builder) codes(t tree.Text) secure.Codes {
	c, err := secure.ParseCodes(t.Value)
	b.nameError(t, err)
	return c
}

// nameError reports a *secure.NameError where the name stands.
func (b *builder) nameError(t tree.Text, err error) {
	var unknown *secure.NameError
	switch {
	case err == nil:
	case errors.As(err, &unknown):
		e := t.Fail(b.errs, unknown.Off, "%v", unknown).Suggest(unknown.Name, unknown.Known)
		if e.Hint == "" {
			e.Hint = "write one of " + strings.Join(unknown.Known, ", ")
		}
	default:
		b.errs.Add(err, t.Pos, t.Path)
	}
}

// warn adds a warning about a text, once.
func (b *builder) warn(t tree.Text, format string, args ...any) {
	w := &tree.Error{Pos: t.Pos, Path: t.Path, Msg: fmt.Sprintf(format, args...)}
	if key := w.Text(); !b.warned[key] {
		b.warned[key] = true
		b.cfg.Warnings = append(b.cfg.Warnings, w)
	}
}
