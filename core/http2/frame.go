package http2

import (
	"encoding/binary"
	"fmt"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// frameType is the type of a frame (RFC 9113 section 6).
type frameType uint8

const (
	frameData frameType = iota
	frameHeaders
	framePriority
	frameReset
	frameSettings
	framePushPromise
	framePing
	frameGoAway
	frameWindowUpdate
	frameContinuation
)

// Flags of frames.
const (
	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

// Settings (RFC 9113 section 6.5.2, RFC 8441 section 3).
const (
	settingTableSize     = 0x1
	settingEnablePush    = 0x2
	settingMaxStreams    = 0x3
	settingInitialWindow = 0x4
	settingMaxFrameSize  = 0x5
	settingMaxHeaderList = 0x6
	settingConnect       = 0x8
)

// code is an error code (RFC 9113 section 7).
type code uint32

const (
	codeNo code = iota
	codeProtocol
	codeInternal
	codeFlowControl
	codeSettingsTimeout
	codeStreamClosed
	codeFrameSize
	codeRefused
	codeCancel
	codeCompression
	codeConnect
	codeCalm
)

// connError ends the connection.
type connError struct {
	code code
	msg  string
}

func (e *connError) Error() string { return fmt.Sprintf("HTTP/2: %s (error code %d)", e.msg, e.code) }

// Is reports whether target is httpmsg.ErrBreach.
func (e *connError) Is(target error) bool { return target == httpmsg.ErrBreach }

func broken(c code, msg string) error { return &connError{c, msg} }

// frameHeadLen is the length of a frame's head.
const frameHeadLen = 9

// frameHead is the head of a frame (RFC 9113 section 4.1).
type frameHead struct {
	length int
	typ    frameType
	flags  uint8
	stream uint32
}

func (h frameHead) has(flag uint8) bool { return h.flags&flag != 0 }

func parseHead(b []byte) frameHead {
	return frameHead{
		length: int(b[0])<<16 | int(b[1])<<8 | int(b[2]), typ: frameType(b[3]), flags: b[4],
		stream: binary.BigEndian.Uint32(b[5:]) & maxWindow,
	}
}

func appendHead(b []byte, length int, t frameType, flags uint8, stream uint32) []byte {
	b = append(b, byte(length>>16), byte(length>>8), byte(length), byte(t), flags)
	return binary.BigEndian.AppendUint32(b, stream)
}

func appendReset(b []byte, stream uint32, c code) []byte {
	return binary.BigEndian.AppendUint32(appendHead(b, 4, frameReset, 0, stream), uint32(c))
}

func appendWindowUpdate(b []byte, stream uint32, n int) []byte {
	return binary.BigEndian.AppendUint32(appendHead(b, 4, frameWindowUpdate, 0, stream), uint32(n))
}

func appendGoAway(b []byte, last uint32, c code, msg string) []byte {
	b = appendHead(b, 8+len(msg), frameGoAway, 0, 0)
	b = binary.BigEndian.AppendUint32(b, last)
	return append(binary.BigEndian.AppendUint32(b, uint32(c)), msg...)
}

func appendSetting(b []byte, id uint16, v uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(b, id), v)
}
