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
	const why = " needs a stream of bytes, and this address is for datagrams"
	b.unfit(at, []unfit{
		{http, "HTTP" + why, `write mode = "` + config.TCP + `"`},
		{tls, "TLS" + why, "leave tls out"},
		{proxy, "the PROXY protocol" + why, "leave accept-proxy, send-proxy and send-proxy-v2 out"},
	})
}
