package payload

import "encoding/binary"

// hello is what a TLS ClientHello says, as views of the bytes it was parsed from.
type hello struct {
	version uint16 // of the hello itself; TLS 1.3 says 1.2 here
	sni     []byte // the server name, nil for none
	alpn    []byte // the protocols, each after its length in one byte
	ciphers []byte // the cipher suites, 2 bytes each
	groups  []byte // the supported groups, 2 bytes each
	sigalgs []byte // the signature algorithms, 2 bytes each
	shares  []byte // the key shares: group, length, share
	ticket  uint8  // 1 with the extension for session tickets, 2 with a ticket
}

// state is how far the parsing of a ClientHello got.
type state uint8

const (
	incomplete state = iota // more bytes are needed
	complete
	other // it is no ClientHello
)

// Numbers of TLS (RFC 8446 sections 4 and 5; RFC 5077; RFC 6066; RFC 7301).
const (
	recordHandshake  = 22
	typeClientHello  = 1
	typeServerHello  = 2
	extServerName    = 0
	extGroups        = 10
	extSigAlgs       = 13
	extALPN          = 16
	extTicket        = 35
	extKeyShare      = 51
	nameTypeHost     = 0
	recordHeaderSize = 5
)

// parse reads a ClientHello that stands in one TLS record. What it finds is to be
// used only when the hello is complete.
func (h *hello) parse(b []byte) state {
	if len(b) > 0 && b[0] != recordHandshake || len(b) > 1 && b[1] != 3 {
		return other
	}
	if len(b) < recordHeaderSize {
		return incomplete
	}
	size := int(binary.BigEndian.Uint16(b[3:]))
	b = b[recordHeaderSize:]
	if len(b) > 0 && b[0] != typeClientHello || size < 4 {
		return other
	}
	if len(b) < size {
		return incomplete
	}
	r := reader{b: b[:size]}
	r.skip(1)
	r = reader{b: r.vector(3)}
	h.version = r.uint16()
	r.skip(32)  // random
	r.vector(1) // session ID
	h.ciphers = r.vector(2)
	r.vector(1) // compression methods
	if r.failed {
		return other
	}
	exts := reader{b: r.vector(2)}
	for len(exts.b) > 0 && !exts.failed {
		kind := exts.uint16()
		h.extension(kind, exts.vector(2))
	}
	if exts.failed {
		return other
	}
	return complete
}

func (h *hello) extension(kind uint16, b []byte) {
	r := reader{b: b}
	switch kind {
	case extServerName:
		names := reader{b: r.vector(2)}
		for len(names.b) > 0 && !names.failed {
			isHost := names.uint8() == nameTypeHost
			if name := names.vector(2); isHost && !names.failed && h.sni == nil {
				h.sni = name
			}
		}
	case extALPN:
		h.alpn = r.vector(2)
	case extGroups:
		h.groups = r.vector(2)
	case extSigAlgs:
		h.sigalgs = r.vector(2)
	case extKeyShare:
		h.shares = r.vector(2)
	case extTicket:
		h.ticket = 1
		if len(b) > 0 {
			h.ticket = 2
		}
	}
}

// reader takes numbers and vectors off a slice; after a failure it gives zeros.
type reader struct {
	b      []byte
	failed bool
}

func (r *reader) skip(n int) []byte {
	if n > len(r.b) {
		r.b, r.failed = nil, true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) uint8() byte {
	if b := r.skip(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if b := r.skip(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

// vector takes bytes whose length stands before them, in size bytes.
func (r *reader) vector(size int) []byte {
	n := 0
	for _, c := range r.skip(size) {
		n = n<<8 | int(c)
	}
	if r.failed {
		return nil
	}
	return r.skip(n)
}
