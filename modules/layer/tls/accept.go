package tls

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Protocols gives the application protocols of the bind.
func (t *acceptor) Protocols() []string { return t.config.NextProtos }

// TLSConfig gives the settings for protocols that do TLS by themselves.
func (t *acceptor) TLSConfig() *tls.Config { return t.config }

// Accept does the handshake with a client.
func (t *acceptor) Accept(base *relay.Conn, pre *relay.Buffer, timeout time.Duration) (*relay.Conn, *session.TLS, error) {
	hs := &handshake{base: base, engine: t.layer.engine, peers: t.peers, secrets: secretsOf(t.config)}
	if err := hs.engine.enter(context.Background(), timeout, true); err != nil {
		return base, nil, failure(err, false)
	}
	var tc *tls.Conn
	upper := relay.Layer(base, pre, func(nc net.Conn) net.Conn {
		hs.Conn = nc
		tc = tls.Server(hs, t.config)
		return tc
	})
	if err := hs.accept(tc, timeout); err != nil {
		return upper, nil, failure(err, hs.received)
	}
	for _, source := range t.layer.sources {
		if slices.Contains(source.Protocols(), hs.facts.ALPN) {
			return upper, &hs.facts, layer.ErrAnswered
		}
	}
	return upper, &hs.facts, nil
}

// Enter waits until a handshake may begin that another protocol does.
func (t *acceptor) Enter(timeout time.Duration) (func(), error) {
	e := t.layer.engine
	return e.leave, e.enter(context.Background(), timeout, true)
}

// Failure tells why such a handshake failed.
func (t *acceptor) Failure(err error) *layer.Error { return failure(err, true) }

// accept does the handshake and notes what it tells.
func (h *handshake) accept(tc *tls.Conn, timeout time.Duration) error {
	if err := shake(context.Background(), tc, h, timeout); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil && looksLikeHTTP(plain.RecordHeader[:]) {
			_, err2 := io.WriteString(plain.Conn, plainAnswer)
			err = errors.Join(err, err2)
		}
		return err
	}
	st := tc.ConnectionState()
	secure.SetFacts(&h.facts, &h.certs, &st)
	if h.peers.Lenient() {
		v, err := h.peers.Check(st.PeerCertificates, "")
		if err != nil {
			return err
		}
		h.facts.CrtErr, h.facts.CAErr, h.facts.CAErrDepth = v.Crt, v.CA, v.CADepth
		h.facts.Verify = v.Last(len(st.PeerCertificates))
	}
	return nil
}

// plainAnswer is for clients that speak plain HTTP to a TLS port.
const plainAnswer = "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis port speaks HTTPS: write https:// in the address.\n"

func looksLikeHTTP(b []byte) bool {
	for _, method := range []string{"GET ", "HEAD", "POST", "PUT ", "DELE", "OPTI", "PATC", "CONN"} {
		if strings.HasPrefix(string(b), method) {
			return true
		}
	}
	return false
}

// shake does the handshake within a time, 0 for any, and for as long as ctx lasts.
func shake(ctx context.Context, tc *tls.Conn, hs *handshake, timeout time.Duration) error {
	if timeout > 0 {
		if err := tc.SetDeadline(time.Now().Add(timeout)); err != nil {
			return err
		}
	}
	err := tc.HandshakeContext(ctx)
	hs.end()
	if err != nil {
		return errors.Join(err, hs.err)
	}
	if timeout > 0 {
		return tc.SetDeadline(time.Time{})
	}
	return nil
}
