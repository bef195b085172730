package quic

import (
	"context"
	"errors"
	"net"
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
	local := &net.UDPAddr{}
	if o.Source.IsValid() {
		local = net.UDPAddrFromAddrPort(o.Source)
	}
	if err := environ(o.Sessions.NoGSO); err != nil {
		return nil, err
	}
	socket, err := net.ListenUDP("udp", local)
	if err != nil {
		return nil, err
	}
	ctx := o.DialContext()
	if o.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Timeout)
		defer cancel()
	}
	tr := &quic.Transport{Conn: socket}
	limits := o.Sessions
	settle(&limits)
	settings := config(&limits, nil, p.ctx.Log())
	settings.MaxIncomingStreams, settings.KeepAlivePeriod = int64(limits.MaxStreams), 10*time.Second // of WebTransport
	with := overQUIC(secure.Config(o.TLS))
	if o.Name != "" {
		with.ServerName = o.Name
	}
	c, err := tr.Dial(ctx, net.UDPAddrFromAddrPort(to.Addr), with, settings)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = os.ErrDeadlineExceeded
		}
		return nil, errors.Join(err, tr.Close(), socket.Close())
	}
	breaches := o.Breaches
	if breaches == nil {
		breaches = &httpmsg.Breaches{}
	}
	st := c.ConnectionState().TLS
	s := &clientSession{newSession(c, false, &limits, breaches), secure.Facts(&st)}
	if s.tls.SNI == "" {
		s.tls.SNI = with.ServerName
	}
	go func() {
		<-c.Context().Done()
		_ = tr.Close() // nobody else has them
		_ = socket.Close()
	}()
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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
	case s.live >= s.limits.MaxStreams:
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
	s.live++
	return newStream(s.session, q, false), nil
}

var errGone = errors.New("the server takes no more streams")

// Room says how many more streams may be opened.
func (s *clientSession) Room() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone || s.c.Context().Err() != nil {
		return 0
	}
	return max(0, s.limits.MaxStreams-s.live)
}

// Streams says how many are in progress.
func (s *clientSession) Streams() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

// Done is closed when the connection has ended.
func (s *clientSession) Done() <-chan struct{} { return s.c.Context().Done() }
