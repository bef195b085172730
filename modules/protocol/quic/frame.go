package quic

import (
	"fmt"
	"io"

	"github.com/quic-go/quic-go/quicvarint"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Frame types of HTTP/3 (RFC 9114 section 7.2).
const (
	frameData        = 0x0
	frameHeaders     = 0x1
	frameCancelPush  = 0x3
	frameSettings    = 0x4
	framePushPromise = 0x5
	frameGoAway      = 0x7
	frameMaxPushID   = 0xd

	// Of RFC 9218 section 7.2.
	framePriority     = 0xf0700
	framePushPriority = 0xf0701
)

// Types of unidirectional streams (RFC 9114 section 6.2, RFC 9204 section 4.2).
const (
	streamControl = 0x0
	streamPush    = 0x1
	streamEncoder = 0x2
	streamDecoder = 0x3
)

// Settings (RFC 9114 section 7.2.4.1, RFC 9220).
const (
	settingMaxFieldSection = 0x6
	settingConnect         = 0x8
)

// code is an error code of HTTP/3 (RFC 9114 section 8.1).
type code uint64

const (
	codeNo              code = 0x100
	codeProtocol        code = 0x101
	codeInternal        code = 0x102
	codeStreamCreation  code = 0x103
	codeClosedCritical  code = 0x104
	codeFrameUnexpected code = 0x105
	codeFrame           code = 0x106
	codeExcessive       code = 0x107
	codeID              code = 0x108
	codeSettings        code = 0x109
	codeMissingSettings code = 0x10a
	codeRejected        code = 0x10b
	codeCancelled       code = 0x10c
	codeIncomplete      code = 0x10d
	codeMessage         code = 0x10e
	codeQPACK           code = 0x200
	codeQPACKEncoder    code = 0x201
	codeQPACKDecoder    code = 0x202
)

// connError ends the connection.
type connError struct {
	code code
	msg  string
}

func (e *connError) Error() string {
	return fmt.Sprintf("HTTP/3: %s (error code %#x)", e.msg, uint64(e.code))
}

// Is reports whether target is httpmsg.ErrBreach.
func (e *connError) Is(target error) bool { return target == httpmsg.ErrBreach }

func broken(c code, msg string) error { return &connError{c, msg} }

// reserved reports whether a frame type is one of HTTP/2's that must not come
// (RFC 9114 section 7.2.8).
func reserved(t uint64) bool { return t == 0x2 || t == 0x6 || t == 0x8 || t == 0x9 }

// reader reads a stream through a buffer, so that small pieces cost little.
type reader struct {
	from io.Reader
	buf  []byte // storage
	r, w int
	end  bool // the stream has ended
}

// bufSize is the storage of a reader.
const bufSize = 4 << 10

// fill waits for more bytes, which come behind those that were not read.
func (r *reader) fill() error {
	if r.end {
		return io.EOF
	}
	if r.r == r.w || r.w == len(r.buf) {
		r.r, r.w = 0, copy(r.buf, r.buf[r.r:r.w])
	}
	n, err := r.from.Read(r.buf[r.w:])
	r.w += n
	r.end = err == io.EOF
	if n > 0 {
		return nil // an error comes again
	}
	return err
}

// ReadByte reads one byte.
func (r *reader) ReadByte() (byte, error) {
	for r.r == r.w {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	r.r++
	return r.buf[r.r-1], nil
}

// Read reads what is there.
func (r *reader) Read(p []byte) (int, error) {
	if r.r < r.w {
		n := copy(p, r.buf[r.r:r.w])
		r.r += n
		return n, nil
	}
	if len(p) >= len(r.buf) && !r.end {
		n, err := r.from.Read(p)
		if err == io.EOF {
			r.end = true
			if n > 0 {
				err = nil
			}
		}
		return n, err
	}
	if err := r.fill(); err != nil {
		return 0, err
	}
	return r.Read(p)
}

// whole gives a payload of n bytes, a view that is good until the next read.
func (r *reader) whole(n int) ([]byte, error) {
	for r.w-r.r < n && n <= len(r.buf) {
		if err := r.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
	if n <= r.w-r.r {
		r.r += n
		return r.buf[r.r-n : r.r], nil
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, unexpected(err)
	}
	return b, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// frame reads the head of the next frame, as a whole or not at all; io.EOF when the
// stream ends before it.
func (r *reader) frame() (typ, length uint64, err error) {
	for {
		b := r.buf[r.r:r.w]
		typ, n, short := quicvarint.Parse(b)
		if short == nil {
			var m int
			if length, m, short = quicvarint.Parse(b[n:]); short == nil {
				r.r += n + m
				return typ, length, nil
			}
		}
		if err := r.fill(); err != nil {
			if len(b) > 0 {
				err = unexpected(err)
			}
			return 0, 0, err
		}
	}
}

// drained reports whether the stream has ended and all is read.
func (r *reader) drained() bool { return r.end && r.r == r.w }
