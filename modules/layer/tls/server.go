package tls

import (
	"cmp"
	"crypto/tls"
	"slices"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// sessionCache is how many TLS sessions with a server are kept to resume.
const sessionCache = 128

// server makes the settings of a server; nil after an error.
func (b *builder) server(t *config.ServerTLS, s layer.Server) *connector {
	out := &tls.Config{NextProtos: slices.Clone(t.ALPN), ServerName: t.VerifyHost}
	if len(t.ALPN) == 0 {
		out.NextProtos = s.Offer
	}
	options := &b.cfg.Global.SSLDefaultServerOptions
	if t.SSLReuse && config.Chosen(true, t.TLSTickets, options.TLSTickets) {
		out.ClientSessionCache = tls.NewLRUClientSessionCache(sessionCache)
	}
	if out.ServerName == "" {
		out.ServerName = s.Host
	}
	if config.Chosen(false, t.Renegotiate, options.Renegotiate) {
		out.Renegotiation = tls.RenegotiateFreelyAsClient
	}
	for _, n := range t.NPN {
		b.warn(n, "npn is ignored: servers that speak TLS 1.2 and later agree on protocols by alpn")
	}
	limits := t.TLSLimits
	b.cfg.Global.Servers(&limits)
	sigalgs := b.tlsLimits(out, &limits, &b.engine.servers, t.Pos)
	if !t.Crt.IsZero() {
		own := b.ownCertificate(t.Crt)
		if own == nil {
			return nil
		}
		out.GetClientCertificate = own.ForServer(sigalgs)
	}
	unverified := cmp.Or(t.Verify, b.cfg.Global.SSLServerVerify) == "none"
	if !s.Named && out.ServerName == "" && !unverified {
		b.errs.At(t.Pos, "", "there is no name to check the server's certificate by").
			Hint = `write sni = "str(app.example.com)", verifyhost, or verify = "none"`
	}
	out.InsecureSkipVerify = unverified
	trust := &secure.Trust{CAFile: b.authorities(t.CAFile), CRLFile: b.revoked(t.CRLFile)}
	var servers *secure.Servers
	if !unverified && (trust.CAFile != "" || trust.CRLFile != "" || t.VerifyHost != "") {
		servers = b.files().Servers(trust)
		out.InsecureSkipVerify = true // what follows verifies instead
		out.VerifyConnection = func(st tls.ConnectionState) error { return servers.Check(st, t.VerifyHost) }
	}
	hiding := b.hide(out, t, servers)
	return &connector{engine: b.engine, config: out, check: checkConfig(t, out), hiding: hiding, verifyHost: t.VerifyHost != ""}
}

// checkConfig gives the settings for health checks, which send one request at a time.
func checkConfig(t *config.ServerTLS, c *tls.Config) *tls.Config {
	out := c.Clone()
	out.NextProtos = slices.DeleteFunc(slices.Clone(c.NextProtos), func(p string) bool { return p == "h2" })
	if slices.Contains(c.NextProtos, "h2") && len(out.NextProtos) == 0 {
		out.NextProtos = []string{"http/1.1"}
	}
	if t.CheckALPN != nil {
		out.NextProtos = slices.Clone(t.CheckALPN)
	}
	if t.CheckSNI != "" {
		out.ServerName = t.CheckSNI
	}
	return out
}

// ownCertificate reads the certificate that we show to a server.
func (b *builder) ownCertificate(t tree.Text) *secure.Pair {
	l := &certLoad{b: b}
	files := l.expand(t)
	if len(files) == 0 {
		return nil
	}
	r := b.files().Load(files[:1])[0]
	for _, text := range r.Warnings {
		b.warn(t, "%s: %s", files[0].Crt, text)
	}
	if r.Err == nil {
		_, r.Err = r.Pair.Certificate()
	}
	if r.Err != nil {
		b.errs.Add(r.Err, t.Pos, t.Path)
		return nil
	}
	r.Hold()
	return r.Pair
}
