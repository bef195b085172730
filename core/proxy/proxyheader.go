package proxy

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"

	"github.com/fairleadproxy/fairlead/core/proxyproto"
	"github.com/fairleadproxy/fairlead/core/session"
)

// proxySources are the clients from which a bind expects a PROXY protocol
// header: none, all, or those in the list.
type proxySources struct {
	all  bool
	from []netip.Prefix
}

// acceptsProxy reports whether this client begins with a PROXY protocol header.
func (b *Bind) acceptsProxy(facts *session.Conn) bool {
	if b.proxyFrom.all {
		return true
	}
	for _, p := range b.proxyFrom.from {
		if p.Contains(facts.RealSrc.Addr()) {
			return true
		}
	}
	return false
}

// takeProxyHeader takes the PROXY protocol header off the connection's start and
// reports whether there was one. A connection without is counted and logged.
func (c *conn) takeProxyHeader() bool {
	err := c.readProxyHeader()
	if err == nil {
		return true
	}
	c.fe.ReqErrors.Add(1)
	c.facts.Err = proxyError(err, c.in.Len() > 0)
	if c.facts.Err != session.ProxyEmpty || !c.fe.opts.dontLogNull {
		c.logFailure()
	}
	return false
}

// proxyError names what kept a header from being read, of which something had
// come or nothing.
func proxyError(err error, begun bool) session.ConnError {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return session.ProxyTimeout
	case errors.Is(err, proxyproto.ErrNotProxy):
		return session.ProxyNone
	case errors.Is(err, proxyproto.ErrInvalid), errors.Is(err, proxyproto.ErrTooLong), errors.Is(err, proxyproto.ErrIncomplete):
		return session.ProxyInvalid
	case err == io.EOF && begun:
		return session.ProxyCut
	case err == io.EOF:
		return session.ProxyEmpty
	}
	return session.ProxyAbort
}

func (c *conn) readProxyHeader() error {
	t := &c.fe.opts.timeouts
	c.ReadTimeout(t.Client)
	if t.HTTPRequest > 0 {
		c.ReadTimeout(t.HTTPRequest)
	}
	for {
		h, n, err := proxyproto.Parse(c.in.Bytes())
		if err == nil {
			c.facts.Proxied = true
			if h.Proxied() {
				c.facts.Src, c.facts.Dst = h.Src, h.Dst
			}
			c.facts.TLVs = bytes.Clone(h.TLVs) // which is a view of the buffer
			c.in.Consume(n)
			return nil
		}
		if err != proxyproto.ErrIncomplete || c.in.Full() {
			return err
		}
		if err := c.Fill(&c.in); err != nil {
			return err
		}
	}
}
