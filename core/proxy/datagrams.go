package proxy

import (
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// datagrams refuses, at an address whose protocol carries datagrams, what needs
// a stream of bytes.
func (b *builder) datagrams(p protocol.Protocol, at tree.Text, http, tls, proxy bool) {
	if _, ok := p.(protocol.DatagramProtocol); !ok {
		return
	}
	for _, need := range []struct {
		wanted     bool
		what, hint string
	}{
		{http, "HTTP", `write mode = "` + config.TCP + `"`},
		{tls, "TLS", "leave tls out"},
		{proxy, "the PROXY protocol", "leave accept-proxy, send-proxy and send-proxy-v2 out"},
	} {
		if need.wanted {
			at.Fail(b.errs, 0, "%s needs a stream of bytes, and this address is for datagrams", need.what).Hint = need.hint
		}
	}
}
