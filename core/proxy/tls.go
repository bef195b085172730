package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
)

// handshake makes TLS of the client's connection.
func (c *conn) handshake(config *tls.Config) error {
	begun := relay.Ticks()
	bind := c.fe.graph.handshakes[config]
	hs := &handshake{engine: c.fe.engine.tls, peers: bind.peers}
	tc, err := c.shakeHands(config, hs)
	if err != nil {
		why := causeOfTLS(err)
		c.failedHandshake(bind, why, err, hs.received)
		return fmt.Errorf("%v: %w", why, err)
	}
	st := tc.ConnectionState()
	bind.succeeded(st.DidResume)
	c.fe.TLS.succeeded(st.DidResume)
	for _, source := range c.fe.graph.sources {
		if slices.Contains(source.Protocols(), st.NegotiatedProtocol) {
			return errChallenge
		}
	}
	c.shook = time.Duration(relay.Ticks() - begun)
	return nil
}

func (c *conn) shakeHands(config *tls.Config, hs *handshake) (*tls.Conn, error) {
	timeout := c.fe.opts.timeouts.HTTPRequest
	if timeout == 0 {
		timeout = c.fe.opts.timeouts.Client
	}
	if err := hs.engine.enter(timeout, true); err != nil {
		return nil, err
	}
	pre := c.in
	defer pre.Release()
	c.in = relay.Buffer{Pool: pre.Pool}
	var tc *tls.Conn
	c.Conn = relay.Layer(c.Conn, &pre, func(nc net.Conn) net.Conn {
		hs.Conn = nc
		tc = tls.Server(hs, config)
		return tc
	})
	err := shake(tc, hs, timeout)
	if err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil && looksLikeHTTP(plain.RecordHeader[:]) {
			_, err2 := io.WriteString(plain.Conn, plainAnswer)
			err = errors.Join(err, err2)
		}
		return nil, err
	}
	st := tc.ConnectionState()
	setFacts(&hs.facts, &st)
	if hs.peers.Lenient() {
		v, err := hs.peers.Check(st.PeerCertificates, "")
		if err != nil {
			return nil, err
		}
		hs.facts.CrtErr, hs.facts.CAErr, hs.facts.CAErrDepth = v.Crt, v.CA, v.CADepth
	}
	c.facts.TLS = &hs.facts
	return tc, nil
}

// tlsFacts gives what is known of a connection from its state alone.
func tlsFacts(st *tls.ConnectionState) *session.TLS {
	t := &session.TLS{}
	setFacts(t, st)
	return t
}

func setFacts(t *session.TLS, st *tls.ConnectionState) {
	t.Version, t.Cipher, t.CipherID = secure.VersionName(st.Version), secure.CipherName(st.CipherSuite), st.CipherSuite
	t.SNI, t.ALPN, t.Resumed = st.ServerName, st.NegotiatedProtocol, st.DidResume
	t.Curve, t.Unique, t.Peer = secure.CurveName(st.CurveID), st.TLSUnique, st.PeerCertificates
}

// errChallenge ends the connection of an authority, which wanted the handshake only.
var errChallenge = errors.New("an authority's question was answered")

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

// shake does the handshake within a time, 0 for any.
func shake(tc *tls.Conn, hs *handshake, timeout time.Duration) error {
	if timeout > 0 {
		if err := tc.SetDeadline(time.Now().Add(timeout)); err != nil {
			return err
		}
	}
	err := tc.Handshake()
	hs.end()
	if err != nil {
		return errors.Join(err, hs.err)
	}
	if timeout > 0 {
		return tc.SetDeadline(time.Time{})
	}
	return nil
}
