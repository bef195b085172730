package quic

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/quic-go/quic-go/quicvarint"
)

// Capsules of WebTransport (draft-ietf-webtrans-http3).
const (
	capsuleClose             = 0x2843
	capsuleMaxData           = 0x190b4d3d
	capsuleMaxStreamData     = 0x190b4d3e
	capsuleMaxStreams        = 0x190b4d3f
	capsuleMaxStreamsUni     = 0x190b4d40
	capsuleDataBlocked       = 0x190b4d41
	capsuleStreamDataBlocked = 0x190b4d42
	capsuleStreamsBlocked    = 0x190b4d43
	capsuleStreamsBlockedUni = 0x190b4d44
)

// The length of a capsule that ends a session, in bytes: a code and a text.
const (
	minClose = 4
	maxClose = minClose + 1024
)

// capsules are what one side of a session says on its CONNECT stream (RFC 9297
// section 3.2), on its way to the other side. Those about flow control end here: each
// connection has its own, and none was agreed on. Others pass as they are. Nothing may
// follow the one that ends the session.
type capsules struct {
	in    reader // the content of the stream
	out   []byte // what passes next
	left  uint64 // the rest of a payload that passes behind it
	ended bool   // the session is

	begun       bool // the head of a capsule was read, and no more
	typ, length uint64
}

func newCapsules(content io.Reader) *capsules {
	return &capsules{in: reader{from: content, buf: make([]byte, maxClose)}}
}

var errBadCapsule = errors.New("a capsule that breaks the rules of WebTransport")

// Read gives what passes.
func (c *capsules) Read(p []byte) (int, error) {
	for len(c.out) == 0 && c.left == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.out) > 0 {
		n := copy(p, c.out)
		c.out = c.out[n:]
		return n, nil
	}
	n, err := c.in.Read(p[:min(uint64(len(p)), c.left)])
	c.left -= uint64(n)
	if err == io.EOF {
		err = errBadCapsule // it is not whole
	}
	return n, err
}

// next takes the head of the next capsule, and all of one that does not pass as it is.
func (c *capsules) next() error {
	if !c.begun {
		typ, length, err := c.in.frame()
		switch {
		case err == io.ErrUnexpectedEOF, err == nil && c.ended:
			return errBadCapsule
		case err != nil:
			return err
		}
		c.begun, c.typ, c.length = true, typ, length
	}
	switch c.typ {
	case capsuleMaxData, capsuleMaxStreams, capsuleMaxStreamsUni, capsuleDataBlocked, capsuleStreamsBlocked, capsuleStreamsBlockedUni:
		_, err := c.small(1, 8)
		return err
	case capsuleMaxStreamData, capsuleStreamDataBlocked:
		return errBadCapsule // QUIC's streams have flow control of their own
	}
	head := quicvarint.Append(quicvarint.Append(c.out[:0], c.typ), c.length)
	if c.typ != capsuleClose {
		c.out, c.left, c.begun = head, c.length, false
		return nil
	}
	p, err := c.small(minClose, maxClose)
	switch {
	case err != nil:
		return err
	case !utf8.Valid(p[minClose:]):
		return errBadCapsule
	}
	c.out, c.ended = append(head, p...), true
	return nil
}

// small takes the payload of a capsule, which has a length within bounds. What
// interrupts it leaves the capsule to be taken again.
func (c *capsules) small(least, most uint64) ([]byte, error) {
	if c.length < least || c.length > most {
		return nil, errBadCapsule
	}
	p, err := c.in.whole(int(c.length))
	if err == io.ErrUnexpectedEOF {
		return nil, errBadCapsule
	}
	c.begun = err != nil
	return p, err
}
