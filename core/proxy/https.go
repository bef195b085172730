package proxy

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/config"
)

// httpsPort finds the port that clients who came without TLS are sent to
// (https-redirect); 0 for none.
func (b *builder) httpsPort(c *config.Frontend, f *Frontend) int {
	byTLS := slices.IndexFunc(c.Bind, func(bind config.Bind) bool { return bind.TLS != nil && bind.TLS.Managed() })
	if byTLS < 0 {
		byTLS = slices.IndexFunc(c.Bind, func(bind config.Bind) bool { return bind.TLS != nil })
		if byTLS < 0 || c.HTTPSRedirect == nil {
			if c.HTTPSRedirect != nil && *c.HTTPSRedirect {
				b.errs.At(c.Pos, c.Path, "https-redirect has no bind with tls to send clients to")
			}
			return 0
		}
	}
	if c.HTTPSRedirect != nil && !*c.HTTPSRedirect || !c.HTTP() {
		return 0
	}
	for i, bind := range f.binds {
		bind.redirects = bind.tls == nil && (c.HTTPSRedirect != nil || c.Bind[i].FirstPort() == httpPort)
	}
	return c.Bind[byTLS].FirstPort()
}

// httpPort is where browsers look for a site without TLS.
const httpPort = 80

// redirected sends a client that came without TLS to the port that speaks it.
func (s *stream) redirected() bool {
	f := s.fe
	if !s.c.bind.redirects {
		return false
	}
	host, ok := s.req.Header("host")
	if !ok || len(host) == 0 {
		return false
	}
	if i := bytes.LastIndexByte(host, ':'); i >= 0 && bytes.IndexByte(host[i:], ']') < 0 {
		host = host[:i]
	}
	target := s.req.Target()
	if target[0] != '/' {
		return false // it names its place itself
	}
	place := append(append(s.env.Scratch(len(host)+len(target)+16), "https://"...), host...)
	if f.httpsPort != 443 {
		place = strconv.AppendInt(append(place, ':'), int64(f.httpsPort), 10)
	}
	r := &s.tx.Reply
	r.Reset()
	r.Status = 308
	r.Header = append(r.Header, action.Field{Name: "location", Value: append(place, target...)})
	s.term('L', 'R')
	s.respond()
	return true
}
