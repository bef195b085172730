// Package rfc2136 is the DNS provider that changes zones by dynamic updates (RFC
// 2136), as BIND, Knot DNS and PowerDNS take them, signed with a key (TSIG, RFC
// 8945).
//
//	[acme.default]
//	dns = { type = "rfc2136", server = "10.0.0.53:53", key-name = "fairlead.", key = "base64..." }
//
// It is safe for concurrent use. Servers that want GSS-TSIG are not served.
package rfc2136

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/miekg/dns"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.Register(secure.DNSKind, "rfc2136", module.Spec[Config, secure.DNS]{
		Doc:       "Changes zones by dynamic updates (RFC 2136)",
		Stability: module.Beta,
		Defaults:  func() Config { return Config{KeyAlgorithm: "hmac-sha256", Timeout: 10 * time.Second} },
		New:       New,
	})
}

// Config is the configuration.
type Config struct {
	// Server is the zone's primary server, an address with a port; without one it is 53.
	Server string `toml:"server,required"`
	// KeyName is the name of the key that updates are signed with. Default: none, updates are not signed.
	KeyName string `toml:"key-name"`
	// Key is the key, in base64.
	Key string `toml:"key"`
	// KeyAlgorithm is the key's algorithm. Default "hmac-sha256".
	KeyAlgorithm string `toml:"key-algorithm" enum:"hmac-sha1|hmac-sha224|hmac-sha256|hmac-sha384|hmac-sha512"`
	// Timeout is how long an update may take. Default 10s.
	Timeout time.Duration `toml:"timeout" min:"1ms"`
}

// Provider changes zones.
type Provider struct {
	c      Config
	server string
}

// New makes the provider.
func New(_ *module.Context, c Config) (secure.DNS, error) {
	p := &Provider{c: c, server: c.Server}
	if _, _, err := net.SplitHostPort(c.Server); err != nil {
		p.server = net.JoinHostPort(c.Server, "53")
	}
	if (c.KeyName == "") != (c.Key == "") {
		return nil, errors.New("key-name and key belong together")
	}
	if _, err := base64.StdEncoding.DecodeString(c.Key); err != nil {
		return nil, module.Wrong("key", "this is not base64: %w", err)
	}
	p.c.KeyName = dns.Fqdn(c.KeyName)
	return p, nil
}

// Append adds a record.
func (p *Provider) Append(ctx context.Context, r secure.TXT) error {
	return p.update(ctx, r, (*dns.Msg).Insert)
}

// Delete removes a record.
func (p *Provider) Delete(ctx context.Context, r secure.TXT) error {
	return p.update(ctx, r, (*dns.Msg).Remove)
}

// update sends one change to the server.
func (p *Provider) update(ctx context.Context, r secure.TXT, change func(*dns.Msg, []dns.RR)) error {
	zone := dns.Fqdn(r.Zone)
	m := new(dns.Msg)
	m.SetUpdate(zone)
	change(m, []dns.RR{&dns.TXT{
		Hdr: dns.RR_Header{Name: dns.Fqdn(r.Name + "." + zone), Rrtype: dns.TypeTXT, Class: dns.ClassINET, Ttl: uint32(r.TTL.Seconds())},
		Txt: []string{r.Text},
	}})
	client := &dns.Client{Net: "tcp", Timeout: p.c.Timeout}
	if p.c.Key != "" {
		client.TsigSecret = map[string]string{p.c.KeyName: p.c.Key}
		m.SetTsig(p.c.KeyName, dns.Fqdn(p.c.KeyAlgorithm), 300, time.Now().Unix())
	}
	answer, _, err := client.ExchangeContext(ctx, m, p.server)
	if err != nil {
		return fmt.Errorf("updating the zone %s at %s: %w", zone, p.server, err)
	}
	if answer.Rcode != dns.RcodeSuccess {
		return fmt.Errorf("%s does not update the zone %s: %s%s", p.server, zone, dns.RcodeToString[answer.Rcode], why(answer.Rcode))
	}
	return nil
}

// why says what to look at after an answer.
func why(code int) string {
	switch code {
	case dns.RcodeRefused, dns.RcodeNotAuth:
		return ": look at the server's update policy, and at key-name and key"
	case dns.RcodeNotZone:
		return ": the server does not have the zone"
	}
	return ""
}
