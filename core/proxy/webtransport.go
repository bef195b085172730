package proxy

import (
	"errors"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// WebTransport (draft-ietf-webtrans-http3) begins with an extended CONNECT of
// HTTP/3 and goes to a server that speaks HTTP/3 too, on a connection of its own.
// Rules see the CONNECT, and timeouts what passes.

// asksTransport reports whether a request begins a session of WebTransport.
func asksTransport(m *httpmsg.Message) bool {
	p := string(m.Protocol())
	return p == "webtransport" || p == "webtransport-h3"
}

// transportAsked makes a tunnel's request of one that begins a session, and
// reports whether it could.
func (s *stream) transportAsked() bool {
	if _, ok := s.c.x.(httpmsg.Joiner); !ok || !asksTransport(&s.req) {
		return false
	}
	s.req.Body = httpmsg.NoBody // what comes is no content
	return true
}

var errNoTransport = errors.New("the server does not speak HTTP/3, which WebTransport needs")

// joinTransport has what belongs to a session pass between its connections.
func (s *stream) joinTransport() error {
	client, server := s.c.Conn, s.sc.Conn
	return s.c.x.(httpmsg.Joiner).Join(s.sc.x, func() {
		client.Touch()
		server.Touch()
	})
}
