package tls

import (
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// bind makes the settings of a bind; nil after an error.
func (b *builder) bind(c *config.Frontend, bc *config.Bind) *acceptor {
	t := bc.TLS
	tb := &acceptor{layer: b.Layer, spares: config.Chosen(true, c.Option.Abortonclose)}
	if t.Managed() {
		if tb.source = b.issuer(t); tb.source == nil {
			return nil
		}
	}
	for _, n := range t.NPN {
		b.warn(n, "npn is ignored: clients that speak TLS 1.2 and later agree on protocols by alpn")
	}
	if t.PreferClientCiphers || b.cfg.Global.SSLDefaultBindOptions.PreferClientCiphers {
		at := t.Pos
		if !t.PreferClientCiphers {
			at = b.cfg.Global.SSLDefaultBindOptions.Pos
		}
		b.warn(tree.Text{Pos: at}, "prefer-client-ciphers is ignored: Go's TLS goes by whether the client names AES or ChaCha20 first, and by its own order otherwise")
	}
	tb.forger = b.forger(t)
	if !t.ECH.IsZero() {
		var err error
		if tb.ech, err = b.files().ReadECH(t.ECH.Value); err != nil {
			b.errs.Add(err, t.ECH.Pos, t.ECH.Path)
		}
	}
	settings := b.bindSettings(c, bc, tb, t)
	if settings == nil {
		return nil
	}
	tb.peers, tb.sigalgs = settings.Peers, settings.Sigalgs
	tb.table = b.table(t, func(b *builder, line *config.BindTLS) *secure.Settings { return b.bindSettings(c, bc, tb, line) })
	tb.table.Bind = fmt.Sprintf("%s/%s:%d", c.Name, filepath.Base(t.Pos.File), t.Pos.Line)
	if bc.Name != "" {
		tb.table.Name = c.Name + "/" + bc.Name
	}
	tb.table.ECH = tb.ech
	tb.table.Own(settings)
	b.files().Use(tb.table)
	settings.Config.GetConfigForClient = tb.settings
	tb.config = settings.Config
	return tb
}

// bindSettings makes the settings of a bind, or of a line of a list that
// overrides some of the bind's.
func (b *builder) bindSettings(c *config.Frontend, bc *config.Bind, tb *acceptor, t *config.BindTLS) *secure.Settings {
	out := &tls.Config{NextProtos: slices.Clone(t.ALPN), GetCertificate: tb.certificate}
	if c.HTTP() {
		if t.ALPN == nil {
			out.NextProtos = []string{"h2", "http/1.1"}
		}
		out.NextProtos = slices.DeleteFunc(out.NextProtos, func(p string) bool { return p == "h3" }) // QUIC's is its own
	}
	if bc.Proto == "h1" {
		out.NextProtos = slices.DeleteFunc(out.NextProtos, func(p string) bool { return p == "h2" })
	}
	if tb.source != nil {
		out.NextProtos = append(out.NextProtos, tb.source.Protocols()...)
	}
	if tb.ech != nil {
		out.GetEncryptedClientHelloKeys = tb.hidden
	}
	if tickets := b.tickets(t.TLSTicketKeys); config.Chosen(true, t.TLSTickets, b.cfg.Global.SSLDefaultBindOptions.TLSTickets) {
		tickets.Use(out)
	} else {
		b.engine.sessions.Use(out)
	}
	limits := t.TLSLimits
	b.cfg.Global.Binds(&limits)
	sigalgs := b.tlsLimits(out, &limits, &b.engine.clients, t.Pos)
	return b.files().Settings(out, b.clients(t), sigalgs)
}

// forger makes what signs certificates for unknown names; nil for none.
func (b *builder) forger(t *config.BindTLS) *secure.Forger {
	if !t.GenerateCertificates {
		return nil
	}
	if t.CASignFile.IsZero() {
		b.errs.At(t.Pos, "", "generate-certificates needs ca-sign-file").Hint = "name a file with the authority's certificate and its key"
		return nil
	}
	f, err := b.files().Forger(secure.Under(b.cfg.Global.CABase, t.CASignFile.Value), t.CASignPass, b.cfg.Global.Tune.SSLCtxCacheSize)
	if err != nil {
		b.errs.Add(err, t.CASignFile.Pos, t.CASignFile.Path)
	}
	return f
}

// clients says how clients' certificates are checked.
func (b *builder) clients(t *config.BindTLS) *secure.Trust {
	trust := &secure.Trust{
		CAFile: b.authorities(t.CAFile), CAVerifyFile: b.authorities(t.CAVerifyFile), CRLFile: b.revoked(t.CRLFile), NoCANames: t.NoCANames,
		IgnoreCrt: b.codes(t.CrtIgnoreErr), IgnoreCA: b.codes(t.CAIgnoreErr),
	}
	switch t.Verify {
	case "optional":
		trust.Auth = tls.VerifyClientCertIfGiven
	case "required":
		trust.Auth = tls.RequireAndVerifyClientCert
	}
	if t.CAFile.IsZero() && t.CAVerifyFile.IsZero() && trust.Auth != tls.NoClientCert {
		b.errs.At(t.Pos, "", "verify = %q needs ca-file", t.Verify).Hint = "name a file with the authorities' certificates"
		return nil
	}
	return trust
}

// tickets gives what seals sessions.
func (b *builder) tickets(file tree.Text) *secure.Tickets {
	if file.IsZero() {
		return b.engine.tickets
	}
	t, err := b.files().Tickets(file.Value)
	if err != nil {
		b.errs.Add(err, file.Pos, file.Path)
		return b.engine.tickets
	}
	return t
}

// authorities has a file of authorities read, and gives its path; "" for no file.
func (b *builder) authorities(file tree.Text) string {
	return b.trusted(file, (*secure.Store).ReadAuthorities)
}

// revoked does the same for a file of revocation lists.
func (b *builder) revoked(file tree.Text) string {
	return b.trusted(file, (*secure.Store).ReadRevoked)
}

func (b *builder) trusted(file tree.Text, read func(*secure.Store, string) error) string {
	if file.IsZero() {
		return ""
	}
	path := file.Value
	if !strings.HasPrefix(path, "@") {
		path = secure.Under(b.cfg.Global.CABase, path)
	}
	if err := read(b.files(), path); err != nil {
		b.errs.Add(err, file.Pos, file.Path)
	}
	return path
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
