package proxy

import (
	"net/netip"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// tellAddresses adds the fields that tell the server of the client: those of
// option forwardfor, originalto and forwarded. The backend's settings come
// before the frontend's.
func (s *stream) tellAddresses() {
	back, front := s.be.opts, s.fe.opts
	facts := &s.c.facts
	if f := firstOf(back.forwardFor, front.forwardFor); f != nil {
		f.apply(s, facts.Src.Addr())
	}
	if f := firstOf(back.originalTo, front.originalTo); f != nil {
		f.apply(s, facts.Dst.Addr())
	}
	if f := back.forwarded; f != nil {
		f.apply(s)
	}
	if f := s.fe.uniqueIDHeader; f != "" && s.facts.UniqueID != "" {
		s.req.AddHeaderString(f, s.facts.UniqueID)
	}
}

func firstOf[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// addressField is a header field that tells an address: option forwardfor and
// option originalto (HAProxy manual section 4.2).
type addressField struct {
	except []netip.Prefix
	header string
	ifNone bool
}

func (f *addressField) apply(s *stream, a netip.Addr) {
	if !a.IsValid() {
		return
	}
	for _, p := range f.except {
		if p.Contains(a) {
			return
		}
	}
	if f.ifNone && s.req.Find(f.header, 0) >= 0 {
		return
	}
	s.req.AddHeader(f.header, a.AppendTo(s.env.Scratch(48)))
}

// forwarded is option forwarded: what its field (RFC 7239) tells.
type forwarded struct {
	proto                                bool
	host, by, byPort, client, clientPort forwardedPart
}

// forwardedPart is whether a parameter is told, and an expression for its
// value; without, the stream's own is told.
type forwardedPart struct {
	on   bool
	expr *expr.Expr
}

func (f *forwarded) apply(s *stream) {
	b := s.env.Scratch(256)
	facts := &s.c.facts
	if f.proto {
		b = append(b, "proto=http"...)
		if facts.TLS != nil {
			b = append(b, 's')
		}
	}
	if f.host.on {
		b = append(param(b), "host="...)
		value := f.host.value(s)
		if i := s.req.FindKnown(httpmsg.Host, 0); value == nil && i >= 0 {
			value = s.req.Value(i)
		}
		b = append(append(append(b, '"'), value...), '"')
	}
	b = f.node(b, s, "by", f.by, f.byPort, facts.Dst)
	b = f.node(b, s, "for", f.client, f.clientPort, facts.Src)
	s.req.AddHeader("forwarded", b)
}

// param puts the separator after what is there.
func param(b []byte) []byte {
	if len(b) > 0 {
		b = append(b, ';')
	}
	return b
}

// node appends an address with its port, in quotes where RFC 7239 section 6
// wants them.
func (f *forwarded) node(b []byte, s *stream, name string, addr, port forwardedPart, own netip.AddrPort) []byte {
	if !addr.on && !port.on {
		return b
	}
	b = append(append(param(b), name...), '=')
	start := len(b)
	quote := port.on
	b = append(b, '"')
	switch value := addr.value(s); {
	case value != nil:
		b = append(b, value...)
	case !addr.on || !own.IsValid():
		b = append(b, "unknown"...)
	case own.Addr().Is6():
		quote = true
		b = append(own.Addr().AppendTo(append(b, '[')), ']')
	default:
		b = own.Addr().AppendTo(b)
	}
	if port.on {
		if value := port.value(s); value != nil {
			b = append(append(b, ':'), value...)
		} else if own.IsValid() { // a UNIX socket has none
			b = strconv.AppendUint(append(b, ':'), uint64(own.Port()), 10)
		}
	}
	if quote {
		return append(b, '"')
	}
	return append(b[:start], b[start+1:]...)
}

// value evaluates the part's expression; nil when there is none, or no value.
func (p *forwardedPart) value(s *stream) []byte {
	if p.expr == nil {
		return nil
	}
	v, ok := p.expr.EvalStr(&s.env)
	if !ok {
		return nil
	}
	return v
}
