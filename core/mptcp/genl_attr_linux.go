package mptcp

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Netlink messages and their attributes, in memory. Numbers are in the machine's
// byte order, and everything is padded to four bytes (RFC 3549 section 2.3).

const (
	netlinkHeader = 16 // struct nlmsghdr
	genericHeader = 4  // struct genlmsghdr
	attrHeader    = 4  // struct nlattr
	attrType      = 0x3fff

	// genericVersion is that of the families used here.
	genericVersion = 1
)

// errShort is the error of a message that is shorter than it says.
var errShort = errors.New("netlink message cut short")

// netlinkMessage is one message of those that a datagram carries.
type netlinkMessage struct {
	kind, flags uint16
	seq         uint32
	data        []byte // after the header
}

// cutMessage splits the first message off a datagram.
func cutMessage(b []byte) (m netlinkMessage, rest []byte, err error) {
	if len(b) < netlinkHeader {
		return m, nil, errShort
	}
	size := binary.NativeEndian.Uint32(b)
	if size < netlinkHeader || uint64(size) > uint64(len(b)) {
		return m, nil, errShort
	}
	m = netlinkMessage{
		kind: binary.NativeEndian.Uint16(b[4:]), flags: binary.NativeEndian.Uint16(b[6:]),
		seq: binary.NativeEndian.Uint32(b[8:]), data: b[netlinkHeader:size],
	}
	return m, b[min(align4(int(size)), len(b)):], nil
}

func align4(n int) int { return (n + 3) &^ 3 }

// eachAttr calls fn for the attributes in b, flags removed from their types.
func eachAttr(b []byte, fn func(kind uint16, value []byte) error) error {
	for len(b) > 0 {
		if len(b) < attrHeader {
			return errShort
		}
		size := int(binary.NativeEndian.Uint16(b))
		if size < attrHeader || size > len(b) {
			return errShort
		}
		if err := fn(binary.NativeEndian.Uint16(b[2:])&attrType, b[attrHeader:size]); err != nil {
			return err
		}
		b = b[min(align4(size), len(b)):]
	}
	return nil
}

// wantSize checks the size of an attribute's value.
func wantSize(kind uint16, value []byte, size int) error {
	if len(value) != size {
		return fmt.Errorf("netlink attribute %d has %d bytes instead of %d", kind, len(value), size)
	}
	return nil
}

// attrUint reads a number of size bytes: 1, 2 or 4.
func attrUint(kind uint16, value []byte, size int) (uint32, error) {
	if err := wantSize(kind, value, size); err != nil {
		return 0, err
	}
	switch size {
	case 1:
		return uint32(value[0]), nil
	case 2:
		return uint32(binary.NativeEndian.Uint16(value)), nil
	}
	return binary.NativeEndian.Uint32(value), nil
}

// attrs builds attributes.
type attrs []byte

func (a *attrs) bytes(kind uint16, value []byte) {
	*a = binary.NativeEndian.AppendUint16(*a, uint16(attrHeader+len(value)))
	*a = binary.NativeEndian.AppendUint16(*a, kind)
	*a = append(*a, value...)
	for len(*a)%4 != 0 {
		*a = append(*a, 0)
	}
}

func (a *attrs) uint8(kind uint16, v uint8) { a.bytes(kind, []byte{v}) }

func (a *attrs) uint16(kind, v uint16) {
	a.bytes(kind, binary.NativeEndian.AppendUint16(nil, v))
}

func (a *attrs) uint32(kind uint16, v uint32) {
	a.bytes(kind, binary.NativeEndian.AppendUint32(nil, v))
}

func (a *attrs) nested(kind uint16, inner attrs) { a.bytes(kind|unix.NLA_F_NESTED, inner) }

// genericMessage builds a message of generic netlink.
func genericMessage(family, flags uint16, seq uint32, cmd uint8, a attrs) []byte {
	size := netlinkHeader + genericHeader + len(a)
	b := make([]byte, 0, size)
	b = binary.NativeEndian.AppendUint32(b, uint32(size))
	b = binary.NativeEndian.AppendUint16(b, family)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, seq)
	b = append(b, 0, 0, 0, 0) // the port: the kernel's
	b = append(b, cmd, genericVersion, 0, 0)
	return append(b, a...)
}

// kernelError is what the kernel answers to a request that it refuses.
type kernelError struct {
	errno unix.Errno
	text  string // the kernel's own words, "" for none
}

func (e *kernelError) Error() string {
	if e.text == "" {
		return e.errno.Error()
	}
	return e.text + " (" + e.errno.Error() + ")"
}

func (e *kernelError) Unwrap() error { return e.errno }

// parseAck reads the data of an NLMSG_ERROR message, or of the NLMSG_DONE that
// ends a dump: nil for success.
func parseAck(m netlinkMessage) error {
	if len(m.data) < 4 {
		if m.kind == unix.NLMSG_DONE {
			return nil
		}
		return errShort
	}
	code := int32(binary.NativeEndian.Uint32(m.data))
	if code == 0 {
		return nil
	}
	if code > 0 || code < -4095 {
		return fmt.Errorf("netlink answer with the impossible error number %d", code)
	}
	e := &kernelError{errno: unix.Errno(-code)}
	tlvs := m.data[4:]
	if m.kind == unix.NLMSG_ERROR { // the header of the request, or the whole of it, comes first
		if len(tlvs) < netlinkHeader {
			return errShort
		}
		skip := uint64(netlinkHeader)
		if m.flags&unix.NLM_F_CAPPED == 0 {
			skip = (uint64(binary.NativeEndian.Uint32(tlvs)) + 3) &^ 3
		}
		if skip < netlinkHeader || skip > uint64(len(tlvs)) {
			return errShort
		}
		tlvs = tlvs[skip:]
	}
	if m.flags&unix.NLM_F_ACK_TLVS == 0 {
		return e
	}
	err := eachAttr(tlvs, func(kind uint16, value []byte) error {
		if kind == unix.NLMSGERR_ATTR_MSG {
			e.text = unix.ByteSliceToString(value)
		}
		return nil
	})
	if err != nil {
		return errors.Join(e, err)
	}
	return e
}
