package proxy

import (
	"crypto/rand"
	"crypto/sha1" // RFC 6455 has it so
	"encoding/base64"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// WebSocket begins with an upgrade in HTTP/1 (RFC 6455) and with an extended
// CONNECT in HTTP/2 and HTTP/3 (RFC 8441, RFC 9220). Rules see the upgrade,
// whichever the client speaks.

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
