package proxy

import (
	"io"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// content is that of a message whose two sides frame it differently, on its way
// from one to the other. Between two HTTP/1 connections content passes as it is,
// without this.
type content struct {
	from    *relay.Conn
	in      *relay.Buffer
	x       httpmsg.Stream // what it comes from, nil for HTTP/1
	framing httpmsg.Framing
	left    int64 // of Length
	chunks  http1.Chunks

	to      *relay.Conn
	toX     httpmsg.Stream // where it goes to, nil for HTTP/1
	chunked bool           // an HTTP/1 message that is written in chunks
	frame   []byte

	trailers httpmsg.Message
	moved    func(int)
}

// start prepares for content framed as m says; moved is told of each piece.
func (k *content) start(m *httpmsg.Message, moved func(int)) {
	k.framing, k.left = m.Body, m.ContentLength
	k.chunks = http1.Chunks{Trailers: &k.trailers}
	k.trailers.Reset(nil)
	k.moved = moved
}

// move carries all that is left. Errors of the receiving side are marked as
// relay.WriteSide says.
func (k *content) move() error {
	for {
		frame, data, end, err := k.next()
		if err != nil {
			return err
		}
		k.in.Consume(frame)
		piece := k.in.Bytes()[:data]
		trailers := end && k.hasTrailers()
		if data > 0 || end {
			if err := k.write(piece, end && !trailers); err != nil {
				return relay.AsWriteSide(err)
			}
			k.in.Consume(data)
			k.moved(data)
		}
		if trailers {
			if err := k.writeTrailers(); err != nil {
				return relay.AsWriteSide(err)
			}
		}
		if end {
			return nil
		}
	}
}

// next waits for the next piece: in the buffer, frame bytes of framing come
// before its data. With end it is the last.
func (k *content) next() (frame, data int, end bool, err error) {
	for {
		b := k.in.Bytes()
		switch {
		case k.framing == httpmsg.NoBody, k.framing == httpmsg.Length && k.left == 0:
			return 0, 0, true, nil
		case k.framing == httpmsg.Chunked:
			frame, data, err := k.chunks.Next(b)
			if err != nil || frame+data > 0 {
				return frame, data, k.chunks.Done(), err
			}
			if k.in.Full() {
				return 0, 0, false, http1.ErrChunkLine
			}
		case len(b) > 0:
			n := len(b)
			if k.framing == httpmsg.Length {
				n = int(min(int64(n), k.left))
				k.left -= int64(n)
			}
			return 0, n, k.framing == httpmsg.Length && k.left == 0, nil
		}
		if err := k.from.Fill(k.in); err != nil {
			if err == io.EOF && k.framing == httpmsg.UntilClose {
				return 0, 0, true, nil
			}
			return 0, 0, false, err
		}
	}
}

func (k *content) write(p []byte, last bool) error {
	var err error
	switch {
	case k.toX != nil && last:
		_, err = k.to.WriteLast(p)
	case !k.chunked:
		_, err = k.to.Write(p)
	default:
		k.frame = k.frame[:0]
		if len(p) > 0 {
			k.frame = strconv.AppendInt(k.frame, int64(len(p)), 16)
			k.frame = append(append(append(k.frame, "\r\n"...), p...), "\r\n"...)
		}
		if last {
			k.frame = append(k.frame, "0\r\n\r\n"...)
		}
		_, err = k.to.Write(k.frame)
	}
	return err
}

// hasTrailers reports whether fields came after the content and the receiving
// side has a place for them.
func (k *content) hasTrailers() bool {
	if k.toX == nil && !k.chunked {
		return false
	}
	return k.x != nil && k.x.ReadTrailers(&k.trailers) || k.trailers.Fields() > 0
}

func (k *content) writeTrailers() error {
	if k.toX != nil {
		return k.toX.WriteTrailers(&k.trailers)
	}
	k.frame = append(k.frame[:0], "0\r\n"...)
	k.frame = k.trailers.AppendFields(k.frame)
	_, err := k.to.Write(append(k.frame, "\r\n"...))
	return err
}

// release forgets what the stream was about.
func (k *content) release() {
	k.from, k.in, k.x, k.to, k.toX, k.moved = nil, nil, nil, nil, nil, nil
}
