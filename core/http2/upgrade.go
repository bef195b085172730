package http2

import (
	"encoding/base64"
	"encoding/binary"
	"strings"

	"golang.org/x/net/http2/hpack"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// upgrade is a request of HTTP/1.1 that became the first stream.
type upgrade struct {
	settings []byte
	fields   []hpack.HeaderField
}

// UpgradeSettings gives the settings that come with a request of HTTP/1.1 for
// HTTP/2 (RFC 7540 section 3.2.1). ok is false where the request does not become
// a stream.
func UpgradeSettings(m *httpmsg.Message) (settings []byte, ok bool) {
	target := m.Target()
	if m.Version != httpmsg.HTTP11 || m.Body == httpmsg.Chunked || m.ContentLength > 0 || target[0] != '/' {
		return nil, false
	}
	const name = "http2-settings"
	at := m.Find(name, 0)
	if at < 0 || m.Find(name, at+1) >= 0 {
		return nil, false
	}
	settings, err := base64.RawURLEncoding.AppendDecode(nil, m.Value(at))
	return settings, err == nil && len(settings)%6 == 0
}

// Upgrade makes the first stream of a request that UpgradeSettings has found fit
// and whose fields about the connection are deleted. It is called before Serve,
// and the client is told of it between the two.
func (s *Conn) Upgrade(m *httpmsg.Message, settings []byte) {
	host, _ := m.Header("host")
	u := &upgrade{settings: settings, fields: []hpack.HeaderField{
		{Name: ":method", Value: string(m.Method())}, {Name: ":scheme", Value: "http"},
		{Name: ":authority", Value: string(host)}, {Name: ":path", Value: string(m.Target())},
	}}
	for i := range m.Fields() {
		if k := m.KnownAt(i); !m.Deleted(i) && k != httpmsg.Host && k != httpmsg.ContentLength {
			u.fields = append(u.fields, hpack.HeaderField{Name: strings.ToLower(string(m.Name(i))), Value: string(m.Value(i))})
		}
	}
	s.m.upgrade = u
}

// upgraded begins the first stream.
func (m *mux) upgraded() error {
	u := m.upgrade
	m.upgrade = nil
	m.mu.Lock()
	defer m.mu.Unlock()
	for p := u.settings; len(p) > 0; p = p[6:] {
		if err := m.setting(binary.BigEndian.Uint16(p), binary.BigEndian.Uint32(p[2:])); err != nil {
			return err
		}
	}
	h := frameHead{typ: frameHeaders, flags: flagEndHeaders | flagEndStream, stream: 1}
	s, err := m.headFor(h)
	if err != nil {
		return err
	}
	m.head.Begin(s.nextHead(), httpmsg.HTTP2, true, false)
	for _, f := range u.fields {
		m.field(f)
	}
	m.head.Finish(true)
	return m.deliver(s, h)
}
