package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"sync/atomic"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/secure"
	facts "github.com/fairleadproxy/fairlead/core/session"
)

// handshake is what is known of a connection while its handshake goes on. It
// travels with the connection's context.
type handshake struct {
	e     *endpoint
	l     *listener // which began it
	src   netip.AddrPort
	ctx   context.Context // the connection's
	over  atomic.Bool
	early bool // the connection was given out before its end
	entry *entry
}

type handshakeKey struct{}

func handshakeOf(ctx context.Context) *handshake {
	h, _ := ctx.Value(handshakeKey{}).(*handshake)
	return h
}

// entryOf gives what the registry has of a connection, by its context.
func entryOf(ctx context.Context) *entry {
	if h := handshakeOf(ctx); h != nil {
		return h.entry
	}
	return nil
}

// begin counts a handshake that begins (quic.Transport.ConnContext).
func (e *endpoint) begin(ctx context.Context, client *quic.ClientInfo) (context.Context, error) {
	l := e.current.Load()
	if l == nil {
		return nil, errClosed
	}
	h := &handshake{e: e, l: l, src: addrPort(client.RemoteAddr), ctx: ctx}
	h.entry = e.conns.add(known{owner: l.o.Name, local: addrPort(e.socket.LocalAddr()), remote: h.src, limits: l.config})
	e.halfOpen.Add(1)
	l.o.Counters.HalfOpen.Add(1)
	context.AfterFunc(ctx, func() {
		why := context.Cause(ctx)
		h.end(nil, causeOf(why))
		h.entry.end(why)
	})
	return context.WithValue(ctx, handshakeKey{}, h), nil
}

// end counts the handshake out and tells how it ended, once.
func (h *handshake) end(known *facts.TLS, err error) {
	if h.over.Swap(true) {
		return
	}
	h.e.halfOpen.Add(-1)
	h.l.o.Counters.HalfOpen.Add(-1)
	if h.l.o.Shook != nil {
		h.l.o.Shook(h.src, addrPort(h.e.socket.LocalAddr()), known, err)
	}
}

// tlsFor gives the TLS settings of the configuration in force, once the
// handshake may go on (tls.Config.GetConfigForClient).
func (e *endpoint) tlsFor(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	h := handshakeOf(hello.Context())
	if h == nil {
		return nil, errClosed
	}
	if h.l.o.Begin != nil {
		if err := h.l.o.Begin(h.ctx); err != nil {
			return nil, err
		}
	}
	own := h.l.tls
	if own.GetConfigForClient != nil {
		c, err := own.GetConfigForClient(hello)
		if err != nil {
			return nil, err
		}
		if c != nil {
			return overQUIC(c), nil
		}
	}
	return own, nil
}

// greet gives a connection to its listener once its handshake is over, or at
// once where it began with early data that are wanted.
func (e *endpoint) greet(c *quic.Conn) {
	h := handshakeOf(c.Context())
	h.entry.carried(c, nil)
	wanted := h.l.o.EarlyData && c.ConnectionState().Used0RTT
	if wanted {
		h.early = true
		e.offer(c)
	}
	select {
	case <-c.HandshakeComplete():
	case <-c.Context().Done():
		return // begin sees to it
	}
	state := c.ConnectionState().TLS
	h.end(secure.Facts(&state), nil)
	if !wanted {
		e.offer(c)
	}
}

// offer gives a connection to the configuration in force.
func (e *endpoint) offer(c *quic.Conn) {
	if l := e.current.Load(); l == nil || !l.offer(c) {
		_ = c.CloseWithError(quic.ApplicationErrorCode(codeRejected), "") // it cannot be served
	}
}

// causeOf gives how a handshake failed in the terms of crypto/tls and os.
func causeOf(err error) error {
	var te *quic.TransportError
	var idle *quic.IdleTimeoutError
	var slow *quic.HandshakeTimeoutError
	switch {
	case errors.As(err, &idle), errors.As(err, &slow):
		return fmt.Errorf("%w: %w", os.ErrDeadlineExceeded, err)
	case errors.As(err, &te) && te.Remote && te.ErrorCode.IsCryptoError():
		return fmt.Errorf("%w: %w", tls.AlertError(te.ErrorCode&0xff), err)
	case errors.As(err, &te) && !te.Remote:
		return err
	}
	return fmt.Errorf("%w: %w", io.EOF, err)
}

// listenerOptions gives options with what they leave open.
func listenerOptions(given *protocol.SessionOptions) *protocol.SessionOptions {
	o := protocol.SessionOptions{}
	if given != nil {
		o = *given
	}
	if o.Counters == nil {
		o.Counters = &protocol.SessionCounters{}
	}
	settle(&o.SessionTuning)
	return &o
}
