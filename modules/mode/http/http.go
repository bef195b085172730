// Package http is the mode http: proxies that understand requests and responses,
// in HTTP/1, HTTP/2 and what protocols such as QUIC carry. Importing the package
// registers it; a build without it has no HTTP in it, and balances bytes.
//
// The phases of a request are in core/proxy.
package http

import (
	"github.com/fairleadproxy/fairlead/core/http2"
	"github.com/fairleadproxy/fairlead/core/http2/limits"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/proxy"
	"github.com/fairleadproxy/fairlead/core/relay"
)

func init() {
	module.RegisterRecord(proxy.ModeKind, "http", "Understands the requests and responses of HTTP/1 and HTTP/2", proxy.HTTP(h2{}))
}

// h2 is proxy.HTTP2.
type h2 struct{}

func (h2) Preface(b []byte) (match, more bool) { return http2.Preface(b) }

func (h2) UpgradeSettings(m *httpmsg.Message) ([]byte, bool) { return http2.UpgradeSettings(m) }

func (h2) Server(c *relay.Conn, in *relay.Buffer, o *limits.Options) proxy.HTTP2Server {
	return http2.NewServer(c, in, o)
}

func (h2) Client(c *relay.Conn, o *limits.Options) (httpmsg.ClientSession, error) {
	k, err := http2.NewClient(c, o)
	if err != nil {
		return nil, err // not k, which would be a session that is not nil
	}
	return k, nil
}
