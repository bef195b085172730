package http2

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// preface is how clients begin (RFC 9113 section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Preface reports whether b begins as a client does, or, with more, may once
// there is more of it.
func Preface(b []byte) (match, more bool) {
	if len(b) >= len(preface) {
		return string(b[:len(preface)]) == preface, false
	}
	return false, strings.HasPrefix(preface, string(b))
}

// Conn is a client's connection; see httpmsg.ServerSession.
type Conn struct {
	m     *mux
	ended sync.Once
}

// NewServer makes a Conn of a connection, which it owns from now on. in may hold
// bytes that have come already; the client's preface is not yet read.
func NewServer(c *relay.Conn, in *relay.Buffer, o *Options) *Conn {
	return &Conn{m: newMux(c, in, o, true)}
}

// Serve gives the client's streams to handle.
func (s *Conn) Serve(handle func(httpmsg.Stream)) error {
	m := s.m
	m.accept = handle
	err := error(nil)
	if !m.started {
		m.begin()
		if m.upgrade != nil {
			err = m.upgraded()
		}
		if err == nil {
			err = m.readPreface()
		}
	}
	if err == nil {
		err = m.read()
	}
	if errors.Is(err, httpmsg.ErrIdle) {
		return err
	}
	if err == nil {
		err = net.ErrClosed
	}
	m.fail(err)
	if err == io.EOF {
		return nil
	}
	m.linger()
	if err == net.ErrClosed {
		return nil
	}
	return err
}

// linger lets the client read the last of what it was sent: closing with bytes
// unread would reset the connection.
func (m *mux) linger() {
	if m.c.CloseWrite() != nil {
		return
	}
	m.c.ReadTimeout(lingerTime)
	for range 64 {
		m.in.Release()
		if m.c.Fill(m.in) != nil {
			return
		}
	}
}

const lingerTime = 500 * time.Millisecond

// readPreface takes what every client begins with.
func (m *mux) readPreface() error {
	for m.in.Len() < len(preface) {
		if _, more := Preface(m.in.Bytes()); !more {
			return broken(codeProtocol, "no preface")
		}
		m.flush()
		left := m.o.IdleTimeout
		if m.o.HeadTimeout > 0 {
			left = max(m.o.HeadTimeout-time.Duration(relay.Ticks()-m.idleAt), 1)
		}
		m.c.ReadTimeout(left)
		if err := m.c.Fill(m.in); err != nil {
			return err
		}
	}
	if match, _ := Preface(m.in.Bytes()); !match {
		return broken(codeProtocol, "no preface")
	}
	m.in.Consume(len(preface))
	return nil
}

// Shutdown lets the client open no more streams.
func (s *Conn) Shutdown() { s.m.shutdown() }

// Close ends the connection.
func (s *Conn) Close() (err error) {
	s.ended.Do(func() { err = s.m.close() })
	return err
}

// close ends the connection and all that is on it.
func (m *mux) close() error {
	m.fail(net.ErrClosed)
	return m.c.Close()
}
