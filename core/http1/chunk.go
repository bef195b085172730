package http1

import (
	"bytes"
	"math"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// maxChunkLine bounds a chunk-size line or trailer line in bytes.
const maxChunkLine = 4096

// maxSizeDigits bounds the digits of a chunk's size, zeros at its start included:
// sizes go on as they are, and not everyone reads longer ones alike.
const maxSizeDigits = 16

// Chunks walks a chunked body (RFC 9112 section 7.1) as it passes by. The zero
// Chunks stands before the first chunk.
type Chunks struct {
	// Trailers takes the trailer fields; nil: they are passed over.
	Trailers *httpmsg.Message

	state chunkState
	left  int64 // data bytes left in the current chunk
	seen  int   // bytes of the current line passed already
	lines int   // trailer fields
	size  int64
	digit bool
	ext   bool
	cr    bool
}

type chunkState uint8

const (
	inSize chunkState = iota
	inData
	afterData
	inTrailer
	finished
)

// Left gives how many bytes of the current chunk's data are to come.
func (c *Chunks) Left() int64 {
	if c.state == inData {
		return c.left
	}
	return 0
}

// Skip says that n bytes of the current chunk's data went by unseen, as by splice.
func (c *Chunks) Skip(n int64) {
	if c.left -= n; c.left == 0 {
		c.state = afterData
	}
}

// Done reports whether the body has ended.
func (c *Chunks) Done() bool { return c.state == finished }

// Next looks at the start of b: frame bytes of framing (sizes, line ends,
// trailers), then data bytes of content. Call it again with what follows them
// until both are 0: then more bytes are needed, or the body is Done.
func (c *Chunks) Next(b []byte) (frame, data int, err error) {
	for frame < len(b) {
		switch c.state {
		case inData:
			data = int(min(c.left, int64(len(b)-frame)))
			c.Skip(int64(data))
			return frame, data, nil
		case afterData:
			if err := c.dataEnd(b[frame]); err != nil {
				return frame, 0, err
			}
			frame++
		case inSize:
			if err := c.sizeByte(b[frame]); err != nil {
				return frame, 0, err
			}
			frame++
		case inTrailer:
			n, err := c.trailer(b[frame:])
			frame += n
			if err != nil || n == 0 {
				return frame, 0, err
			}
		case finished:
			return frame, 0, nil
		}
	}
	return frame, 0, nil
}

func (c *Chunks) dataEnd(b byte) error {
	switch {
	case !c.cr && b == '\r':
		c.cr = true
	case c.cr && b == '\n':
		c.cr, c.state = false, inSize
		c.size, c.digit, c.ext, c.seen = 0, false, false, 0
	default:
		return errChunk
	}
	return nil
}

func (c *Chunks) sizeByte(b byte) error {
	if c.seen++; c.seen > maxChunkLine {
		return errChunk
	}
	if c.cr {
		if b != '\n' || !c.digit {
			return errChunk
		}
		c.cr, c.seen = false, 0
		if c.left = c.size; c.left == 0 {
			c.state = inTrailer
		} else {
			c.state = inData
		}
		return nil
	}
	switch d, ok := hexDigit(b); {
	case b == '\r':
		c.cr = true
	case c.ext:
		if class[b]&extension == 0 {
			return errChunk
		}
	case ok:
		if c.size > math.MaxInt64>>8 || c.seen > maxSizeDigits {
			return errChunk
		}
		c.size, c.digit = c.size<<4|int64(d), true
	case b == ';' && c.digit:
		c.ext = true
	default:
		return errChunk
	}
	return nil
}

// trailer passes one trailer line, or the empty one that ends the body.
func (c *Chunks) trailer(b []byte) (int, error) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		if len(b) > maxChunkLine {
			return 0, errTrailer
		}
		return 0, nil
	}
	if i == 0 || b[i-1] != '\r' {
		return 0, errTrailer
	}
	line := b[:i-1]
	if len(line) == 0 {
		c.state = finished
		return i + 1, nil
	}
	colon := bytes.IndexByte(line, ':')
	if c.lines++; c.lines > 101 || colon <= 0 || !IsToken(line[:colon]) || !IsValue(line[colon+1:]) {
		return 0, errTrailer
	}
	if frames(line[:colon]) {
		return 0, errTrailer
	}
	if c.Trailers != nil {
		c.Trailers.AddHeaderBytes(line[:colon], bytes.Trim(line[colon+1:], " \t"))
	}
	return i + 1, nil
}

// frames reports whether a field frames or routes its message, or is about the
// connection, so that it must not come after the content (RFC 9110 section 6.5.1).
func frames(name []byte) bool {
	switch httpmsg.Classify(name) {
	case httpmsg.Host, httpmsg.ContentLength, httpmsg.TransferEncoding, httpmsg.Connection, httpmsg.KeepAlive,
		httpmsg.ProxyConnection, httpmsg.Upgrade, httpmsg.TE:
		return true
	}
	return false
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}

// Walk passes as much of b as there is, content and framing alike, and gives
// how many bytes that were.
func (c *Chunks) Walk(b []byte) (n int, err error) {
	for {
		frame, data, err := c.Next(b[n:])
		n += frame + data
		if err != nil || frame+data == 0 {
			return n, err
		}
	}
}
