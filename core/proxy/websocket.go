package proxy

import (
	"crypto/rand"
	"crypto/sha1" // RFC 6455 has it so
	"encoding/base64"
	"slices"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// WebSocket begins with an upgrade in HTTP/1 (RFC 6455) and with an extended
// CONNECT in HTTP/2 and HTTP/3 (RFC 8441, RFC 9220). Rules see the upgrade,
// whichever the client speaks.

// speech is what is spoken on a connection to a server.
type speech struct {
	tls   layer.Connector // nil: plain
	http2 bool            // without being asked
}

// speech gives what a new connection of the stream is to speak.
func (s *stream) speech() speech {
	if s.apart() {
		return *s.srv.ws
	}
	return speech{s.srv.tls, s.srv.http2}
}

// apart reports whether the stream has a connection of its own, since it begins
// WebSocket, for which the server is spoken to otherwise (ws).
func (s *stream) apart() bool { return s.srv.ws != nil && s.facts.HTTP && asksWebSocket(&s.req) }

// asksWebSocket reports whether a request asks for WebSocket, in either form.
func asksWebSocket(m *httpmsg.Message) bool {
	if p := m.Protocol(); len(p) > 0 {
		return string(p) == "websocket"
	}
	i := m.FindKnown(httpmsg.Upgrade, 0)
	return i >= 0 && httpmsg.EqualFold(m.Value(i), "websocket")
}

// webSocket finds out what a server is spoken to for WebSocket, where that differs.
func (b *builder) webSocket(sc *config.Server, s *Server) {
	var offers []string
	if s.tls != nil {
		offers = s.tls.Protocols()
	}
	want := sc.WS
	if _, ok := s.proto.(protocol.SessionDialer); ok {
		if want == "h1" || want == "h2" {
			sc.Address.Fail(b.errs, 0, "ws = %q cannot be: a quic@ server speaks HTTP/3 alone", want).Hint = "leave ws out"
		}
		return
	}
	if want != "h1" && want != "h2" && sc.Proto != "h2" && slices.Contains(offers, "h2") && slices.Contains(offers, "http/1.1") {
		want = "h1" // not all servers of HTTP/2 take extended CONNECT
	}
	ws := speech{s.tls, want == "h2"}
	switch {
	case want == "h1" && s.mayShare && s.tls != nil:
		ws.tls = s.tls.Offering("http/1.1")
	case want == "h2" && !s.http2 && s.tls != nil:
		ws.tls = s.tls.Offering("h2")
	case want == "h1" && s.mayShare, want == "h2" && !s.http2:
	default:
		return
	}
	s.ws = &ws
}

// asUpgrade makes an upgrade of an extended CONNECT and reports whether it
// could: other protocols than WebSocket have no such form.
func asUpgrade(m *httpmsg.Message) bool {
	if string(m.Protocol()) != "websocket" {
		return false
	}
	m.SetProtocol(nil)
	m.SetMethod([]byte("GET"))
	m.AddHeaderString("upgrade", "websocket")
	m.AddHeaderString("connection", "Upgrade")
	if _, ok := m.Header("sec-websocket-key"); !ok {
		var key [16]byte
		_, _ = rand.Read(key[:]) // it does not fail
		m.SetHeader("sec-websocket-key", base64.StdEncoding.AppendEncode(nil, key[:]))
	}
	m.Body = httpmsg.NoBody // what comes is no content
	return true
}

// asConnect makes an extended CONNECT of an upgrade and reports whether it could.
func asConnect(m *httpmsg.Message) bool {
	i := m.FindKnown(httpmsg.Upgrade, 0)
	if i < 0 || m.Body != httpmsg.NoBody || !httpmsg.EqualFold(m.Value(i), "websocket") {
		return false
	}
	m.SetProtocol([]byte("websocket"))
	m.SetMethod([]byte("CONNECT"))
	m.DelKnown(httpmsg.Upgrade)
	m.DelKnown(httpmsg.Connection)
	return true
}

// asSwitched makes what HTTP/1 says of the answer to an extended CONNECT. The
// request is the upgrade.
func asSwitched(req, res *httpmsg.Message) {
	res.SetStatus(101, httpmsg.StatusText(101))
	res.AddHeaderString("upgrade", "websocket")
	res.Body = httpmsg.NoBody
	if key, ok := req.Header("sec-websocket-key"); ok {
		sum := sha1.Sum(append(key[:len(key):len(key)], "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"...))
		res.SetHeader("sec-websocket-accept", base64.StdEncoding.AppendEncode(nil, sum[:]))
	}
}

// asConnected makes the answer to an extended CONNECT of what HTTP/1 says.
func asConnected(res *httpmsg.Message) {
	res.SetStatus(200, httpmsg.StatusText(200))
	res.DelKnown(httpmsg.Upgrade)
	res.DelKnown(httpmsg.Connection)
	res.DelHeader("sec-websocket-accept")
}
