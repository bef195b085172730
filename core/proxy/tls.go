package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
)

// handshake makes TLS of the client's connection.
func (c *conn) handshake(config *tls.Config) error {
	timeout := c.fe.opts.timeouts.HTTPRequest
	if timeout == 0 {
		timeout = c.fe.opts.timeouts.Client
	}
	begun := relay.Ticks()
	pre := c.in
	c.in = relay.Buffer{Pool: pre.Pool}
	var tc *tls.Conn
	upper := relay.Layer(c.Conn, &pre, func(nc net.Conn) net.Conn {
		tc = tls.Server(nc, config)
		return tc
	})
	c.Conn = upper
	if err := shake(tc, timeout); err != nil {
		var plain tls.RecordHeaderError
		if errors.As(err, &plain) && plain.Conn != nil && looksLikeHTTP(plain.RecordHeader[:]) {
			_, err2 := io.WriteString(plain.Conn, plainAnswer)
			err = errors.Join(err, err2)
		}
		pre.Release()
		return err
	}
	pre.Release()
	st := tc.ConnectionState()
	c.facts.TLS = tlsFacts(&st)
	for _, source := range c.fe.graph.sources {
		if slices.Contains(source.Protocols(), st.NegotiatedProtocol) {
			return errChallenge
		}
	}
	c.shook = time.Duration(relay.Ticks() - begun)
	return nil
}

func tlsFacts(st *tls.ConnectionState) *session.TLS {
	return &session.TLS{
		Version: secure.VersionName(st.Version), Cipher: tls.CipherSuiteName(st.CipherSuite),
		SNI: st.ServerName, ALPN: st.NegotiatedProtocol, Resumed: st.DidResume,
	}
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
func shake(tc *tls.Conn, timeout time.Duration) error {
	if timeout > 0 {
		if err := tc.SetDeadline(time.Now().Add(timeout)); err != nil {
			return err
		}
	}
	if err := tc.Handshake(); err != nil {
		return err
	}
	return tc.SetDeadline(time.Time{})
}

// secureConn makes TLS of a connection to the server and gives the application
// protocol that was agreed on. name is for the handshake, "" for the configured one.
func (s *Server) secureConn(config *tls.Config, base *relay.Conn, name string, timeout time.Duration) (conn *relay.Conn, protocol string, err error) {
	if name != "" && name != config.ServerName {
		config = config.Clone()
		config.ServerName = name
		if s.verifyHost != "" && !config.InsecureSkipVerify {
			verifyAs(config, s.verifyHost)
		}
	}
	var tc *tls.Conn
	upper := relay.Layer(base, &relay.Buffer{}, func(nc net.Conn) net.Conn {
		tc = tls.Client(nc, config)
		return tc
	})
	if err := shake(tc, timeout); err != nil {
		base.Close()
		return nil, "", err
	}
	return upper, tc.ConnectionState().NegotiatedProtocol, nil
}

// verifyAs checks the server's certificate by another name than the handshake's.
func verifyAs(config *tls.Config, host string) {
	config.InsecureSkipVerify = true // what follows verifies instead
	config.VerifyConnection = func(st tls.ConnectionState) error {
		o := x509.VerifyOptions{Roots: config.RootCAs, DNSName: host, Intermediates: x509.NewCertPool()}
		for _, c := range st.PeerCertificates[1:] {
			o.Intermediates.AddCert(c)
		}
		_, err := st.PeerCertificates[0].Verify(o)
		return err
	}
}

// serverName evaluates the expression for the name in the handshake.
func (s *Server) serverName(e *expr.Env) string {
	if s.sni == nil {
		return ""
	}
	e.Phase = expr.UseServer
	name, ok := s.sni.EvalStr(e)
	if !ok {
		return ""
	}
	host := string(name)
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return host
}
