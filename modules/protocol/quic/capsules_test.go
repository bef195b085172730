package quic

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// TestCapsules has those about flow control dropped, others pass, and what breaks the
// rules end the session, however it comes in pieces.
func TestCapsules(t *testing.T) {
	end := frame(capsuleClose, append([]byte{0, 0, 0, 7}, "enough"...)...)
	long := frame(0x1234, bytes.Repeat([]byte("x"), 5000)...)
	ended := func(text string) []byte { return frame(capsuleClose, append(make([]byte, 4), text...)...) }
	for name, c := range map[string]struct {
		in, want []byte
		bad      bool
	}{
		"nothing":                   {},
		"unknown ones":              {in: slices.Concat(long, frame(0x78ae), long), want: slices.Concat(long, frame(0x78ae), long)},
		"the end":                   {in: slices.Concat(long, end), want: slices.Concat(long, end)},
		"the longest text":          {in: ended(strings.Repeat("é", 512)), want: ended(strings.Repeat("é", 512))},
		"flow control":              {in: slices.Concat(frame(capsuleMaxData, 1), frame(0x78ae), frame(capsuleMaxStreamsUni, 0x40, 9), end), want: slices.Concat(frame(0x78ae), end)},
		"what says nothing":         {in: frame(capsuleMaxData), bad: true},
		"a window of a stream":      {in: frame(capsuleMaxStreamData, 0, 1), bad: true},
		"flow control without end":  {in: frame(capsuleDataBlocked, make([]byte, 9)...), bad: true},
		"more after the end":        {in: slices.Concat(end, frame(0x78ae)), want: end, bad: true},
		"a byte after the end":      {in: append(slices.Clone(end), 0), want: end, bad: true},
		"a text that is too long":   {in: ended(strings.Repeat("x", 1025)), bad: true},
		"a text that is none":       {in: ended("\xff"), bad: true},
		"no code":                   {in: frame(capsuleClose, 0, 0), bad: true},
		"a head that is cut off":    {in: long[:1], bad: true},
		"a payload that is cut off": {in: long[:1000], want: long[:1000], bad: true},
		"an end that is cut off":    {in: end[:len(end)-1], bad: true},
	} {
		for how, in := range map[string]io.Reader{"": bytes.NewReader(c.in), " byte by byte": iotest.OneByteReader(bytes.NewReader(c.in))} {
			got, err := io.ReadAll(newCapsules(in))
			if !bytes.Equal(got, c.want) || (err == errBadCapsule) != c.bad || !c.bad && err != nil {
				t.Errorf("%s%s: %.20x (%d bytes) passes, %v; want %.20x (%d)", name, how, got, len(got), err, c.want, len(c.want))
			}
		}
	}
}

// TestCapsulesWait has a read that is interrupted go on where it was.
func TestCapsulesWait(t *testing.T) {
	end := frame(capsuleClose, append([]byte{0, 0, 0, 7}, "enough"...)...)
	var got []byte
	c := newCapsules(&halting{in: append(frame(0x78ae, 1), end...)})
	for err := error(nil); err != io.EOF; {
		var p []byte
		p, err = io.ReadAll(c)
		got = append(got, p...)
		switch err {
		case nil:
			err = io.EOF
		case iotest.ErrTimeout:
		default:
			t.Fatal(err)
		}
	}
	if want := append(frame(0x78ae, 1), end...); !bytes.Equal(got, want) {
		t.Errorf("%x passes, want %x", got, want)
	}
}

// halting gives bytes one by one, with an error before each.
type halting struct {
	in   []byte
	halt bool
}

func (h *halting) Read(p []byte) (int, error) {
	if h.halt = !h.halt; h.halt {
		return 0, iotest.ErrTimeout
	}
	if len(h.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:1], h.in)
	h.in = h.in[n:]
	return n, nil
}
