package managed

import (
	"crypto/tls"
	"net"
)

// Choose gives the certificate for a client or an authority's question.
func (c *Manager) Choose(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if h.Conn == nil { // certmagic looks at its addresses
		unconnected := *h
		unconnected.Conn = nowhere{}
		h = &unconnected
	}
	return c.config.GetCertificate(h)
}

// nowhere is a connection of nobody.
type nowhere struct{ net.Conn }

func (nowhere) LocalAddr() net.Addr  { return &net.TCPAddr{} }
func (nowhere) RemoteAddr() net.Addr { return &net.TCPAddr{} }
