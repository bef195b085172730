package proxy

import (
	"slices"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// serverHTTP2 finds out which version of HTTP a server may speak.
func (b *builder) serverHTTP2(c *config.Backend, sc *config.Server, s *Server) {
	if s.tls != nil {
		s.checks.tls = s.tls
	}
	if !c.HTTP() {
		return
	}
	offers := s.tls != nil && slices.Contains(s.tls.NextProtos, "h2")
	switch sc.Proto {
	case "h2":
		s.http2, s.mayShare = true, true
		if s.tls != nil && len(s.tls.NextProtos) == 0 {
			s.tls.NextProtos, offers = []string{"h2"}, true
		}
	case "h1":
		if offers {
			b.errs.At(sc.TLS.Pos, "", `alpn offers "h2" to a server of proto = "h1"`).Hint = "leave one of them out"
		}
	default:
		s.mayShare = offers
	}
	if _, ok := s.proto.(protocol.SessionDialer); ok {
		s.mayShare = true
	}
	if offers {
		s.checks.tls = s.tls.Clone() // checks send one request at a time
		s.checks.tls.NextProtos = []string{"http/1.1"}
	}
}
