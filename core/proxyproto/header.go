package proxyproto

import (
	"errors"
	"net/netip"
	"strconv"
)

// The limits of what Parse takes, in bytes, the payload excluded.
const (
	MaxV1 = 107  // a line of version 1 with its CRLF (section 2.1)
	MaxV2 = 4096 // a header of version 2 with its fixed part and TLVs; the protocol allows 65551
)

// ErrIncomplete says that the bytes may become a header when more arrive.
var ErrIncomplete = errors.New("the PROXY protocol header is incomplete")

// ErrNotProxy says that the bytes are not the beginning of a header.
var ErrNotProxy = errors.New(`no PROXY protocol header: configure the sender to send one ("send-proxy"), or the listener not to expect one ("accept-proxy")`)

// ErrInvalid is wrapped by the errors of headers that break the protocol's rules.
var ErrInvalid = errors.New("invalid PROXY protocol header")

// ErrTooLong is wrapped by the errors of headers, TLVs and paths that exceed a
// limit of this package or of the protocol.
var ErrTooLong = errors.New("PROXY protocol header too long")

// Transport is the family and protocol of the connection that a header tells of.
type Transport uint8

// The transports (section 2.2). Version 1 knows TCP4, TCP6 and Unknown.
const (
	Unknown Transport = iota // not told: the header has no addresses
	TCP4
	TCP6
	UDP4
	UDP6
	UnixStream
	UnixDgram
)

var transportNames = [...]string{"unknown", "tcp4", "tcp6", "udp4", "udp6", "unix-stream", "unix-dgram"}

// String gives the transport's name in lower case, such as "tcp4".
func (t Transport) String() string {
	if int(t) < len(transportNames) {
		return transportNames[t]
	}
	return "transport " + strconv.Itoa(int(t))
}

// Header is a PROXY protocol header.
type Header struct {
	Version   int       // 1 or 2; what writes a header does not look at it
	Local     bool      // the proxy's own connection, such as a health check: nothing else in the header counts
	Transport Transport // what Src and Dst, or SrcPath and DstPath, are addresses of

	// Src and Dst are the ends of the original connection: the client and the
	// address that it connected to. They hold for TCP and UDP. An IPv4 address
	// that came mapped into IPv6 (::ffff:192.0.2.1) is given as IPv4, so that one
	// client has one address; Transport still says how it came.
	Src, Dst netip.AddrPort

	// SrcPath and DstPath hold for unix sockets: a path, an abstract name with
	// its leading zero byte, or "" for a socket without a name.
	SrcPath, DstPath string

	// TLVs are the extensions of version 2 as they stand in the header; see TLV
	// and All. What Parse gives is a view of its input.
	TLVs []byte
}

// NewHeader makes the header of a proxied TCP connection from src to dst. Both
// are sent as IPv4 when both are, mapped ones included, and else as IPv6; when
// one is not valid the transport is Unknown.
func NewHeader(src, dst netip.AddrPort) Header {
	h := Header{Version: 2, Src: src, Dst: dst}
	switch {
	case !src.Addr().IsValid() || !dst.Addr().IsValid():
		h.Src, h.Dst = netip.AddrPort{}, netip.AddrPort{}
	case src.Addr().Unmap().Is4() && dst.Addr().Unmap().Is4():
		h.Transport = TCP4
	default:
		h.Transport = TCP6
	}
	return h
}

// Proxied tells whether the header has addresses that stand for those of the
// connection. When not, the connection's own are to be used.
func (h *Header) Proxied() bool { return !h.Local && h.Transport != Unknown }

// TLV gives the value of the first TLV of type typ, a view of h.TLVs.
func (h *Header) TLV(typ byte) (value []byte, ok bool) { return find(h.TLVs, typ) }
