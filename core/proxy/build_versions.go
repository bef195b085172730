package proxy

import (
	"fmt"
	"slices"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// versions finds out which version of HTTP a server may speak.
func (b *builder) versions(c *config.Backend, sc *config.Server, s *Server) {
	_, quic := s.proto.(protocol.SessionDialer)
	if quic {
		b.quicServer(c, sc, s)
	}
	if !c.HTTP() {
		return
	}
	offers := s.tls != nil && slices.Contains(s.tls.Protocols(), "h2")
	switch sc.Proto {
	case "h2":
		s.http2, s.mayShare = true, true
	case "h1":
		if offers {
			b.errs.At(sc.TLS.Pos, "", `alpn offers "h2" to a server of proto = "h1"`).Hint = "leave one of them out"
		}
	default:
		s.mayShare = offers
	}
	b.webSocket(sc, s)
	s.mayShare = s.mayShare || quic
}

// altSvcAge is for how long clients remember where HTTP/3 is to be had, in seconds.
const altSvcAge = 86400

// altSvc makes the field that tells clients of HTTP/3.
func (b *builder) altSvc(c *config.Frontend, f *Frontend) {
	f.altSvc = c.AltSvc.Value
	if !c.AltSvc.On || f.altSvc != "" || b.cfg.Global.Tune.QUICListen == "off" {
		return
	}
	for _, bind := range f.binds {
		for _, p := range bind.places {
			if p.addr.Protocol() == "quic" {
				f.altSvc = fmt.Sprintf(`h3=":%d"; ma=%d`, p.addr.PortLow, altSvcAge)
				return
			}
		}
	}
	b.errs.At(c.AltSvc.Pos, "", "there is no quic@ address among the binds to tell of").Hint = `add one such as { address = "quic@:443", tls = { ... } }, or write the field's value`
}
