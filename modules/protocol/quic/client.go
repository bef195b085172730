package quic

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/secure"
	facts "github.com/fairleadproxy/fairlead/core/session"
)

// DialSession connects to a server for HTTP/3.
func (p *Protocol) DialSession(to protocol.Target, o *protocol.DialOptions) (httpmsg.ClientSession, error) {
	if secure.Config(o.TLS) == nil {
		return nil, errors.New("QUIC needs TLS: write tls = true, or a table, for the server")
	}
	if err := environ(o.Sessions.NoGSO); err != nil {
		return nil, err
	}
	limits := o.Sessions
	settle(&limits)
	settings := config(&limits, nil, p.ctx.Log())
	settings.MaxIncomingStreams, settings.KeepAlivePeriod = int64(limits.MaxStreams), 10*time.Second // of WebTransport
	e := p.conns.add(known{owner: o.Name, server: true, remote: to.Addr, limits: settings})
	settings.Tracer = tracing(func(context.Context) *entry { return e }, settings.Tracer)
	c, hangUp, err := connect(to.Addr, settings, o)
	if err != nil {
		e.end(err)
		return nil, err
	}
	breaches := o.Breaches
	if breaches == nil {
		breaches = &httpmsg.Breaches{}
	}
	st := c.ConnectionState().TLS
	s := &clientSession{newSession(c, false, &limits, breaches), secure.Facts(&st)}
	if s.tls.SNI == "" {
		s.tls.SNI = serverName(o)
	}
	e.carried(c, s.session)
	context.AfterFunc(c.Context(), func() {
		e.end(context.Cause(c.Context()))
		_ = hangUp() // nobody else has them
	})
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// serverName is the name in the handshake.
func serverName(o *protocol.DialOptions) string {
	return cmp.Or(o.ServerName, secure.Config(o.TLS).ServerName)
}

// connect dials a server over a socket of its own, which hangUp closes.
func connect(to netip.AddrPort, settings *quic.Config, o *protocol.DialOptions) (c *quic.Conn, hangUp func() error, err error) {
	local := &net.UDPAddr{}
	if o.Source.IsValid() {
		local = net.UDPAddrFromAddrPort(o.Source)
	}
	socket, err := net.ListenUDP("udp", local)
	if err != nil {
		return nil, nil, err
	}
	ctx := o.DialContext()
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Timeout)
		defer cancel()
	}
	tr := &quic.Transport{Conn: socket}
	with := overQUIC(secure.Config(o.TLS))
	with.ServerName = serverName(o)
	hangUp = func() error { return errors.Join(tr.Close(), socket.Close()) }
	c, err = tr.Dial(ctx, net.UDPAddrFromAddrPort(to), with, settings)
	if errors.Is(err, context.DeadlineExceeded) {
		err = os.ErrDeadlineExceeded
	}
	if err != nil {
		return nil, nil, errors.Join(err, hangUp())
	}
	return c, hangUp, nil
}

// clientSession is a connection to a server; see httpmsg.ClientSession.
type clientSession struct {
	*session
	tls *facts.TLS
}

// TLS gives what is known of its TLS.
func (s *clientSession) TLS() *facts.TLS { return s.tls }

// Open begins a stream.
func (s *clientSession) Open() (httpmsg.Stream, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.gone:
		return nil, errGone
	case len(s.streams) >= s.limits.MaxStreams:
		return nil, httpmsg.ErrBusy
	}
	q, err := s.c.OpenStream()
	var limit quic.StreamLimitReachedError
	if errors.As(err, &limit) {
		return nil, httpmsg.ErrBusy
	}
	if err != nil {
		return nil, err
	}
	return s.take(q), nil
}

// goesAway notes a GOAWAY. A server does nothing for streams from one on: those that
// are open end. A client only says that it takes no more pushes (RFC 9114 section
// 5.2). The lock is held.
func (s *session) goesAway(from uint64) {
	s.gone, s.unserved = true, from
	if s.server {
		return
	}
	for x := range s.streams {
		if uint64(x.id) >= from {
			x.cancel(codeCancelled)
		}
	}
}

// passesOver reports whether the server has said that it does nothing for a stream.
func (s *session) passesOver(id quic.StreamID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.server && uint64(id) >= s.unserved
}

var errGone = errors.New("the server takes no more streams")

// Room says how many more streams may be opened.
func (s *clientSession) Room() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.c.Context().Err() != nil {
		return 0
	}
	return max(0, s.limits.MaxStreams-len(s.streams))
}

// Streams says how many are in progress.
func (s *clientSession) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.streams)
}

// Done is closed when the connection has ended.
func (s *clientSession) Done() <-chan struct{} { return s.c.Context().Done() }
