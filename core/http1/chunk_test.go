package http1

import (
	"bytes"
	"testing"
)

// content walks a chunked body given in pieces of size bytes.
func content(in []byte, size int) (data []byte, used int, done bool, err error) {
	var c Chunks
	var buf []byte
	for used < len(in) && !c.Done() {
		end := min(len(in), used+len(buf)+size)
		buf = in[used:end]
		for {
			frame, n, err := c.Next(buf)
			if err != nil {
				return data, used, false, err
			}
			data = append(data, buf[frame:frame+n]...)
			used += frame + n
			if frame+n == 0 {
				buf = buf[:len(buf):len(buf)]
				break
			}
			buf = buf[frame+n:]
		}
		if end == len(in) {
			break
		}
	}
	return data, used, c.Done(), nil
}

func TestChunks(t *testing.T) {
	for name, tt := range map[string]struct{ in, data string }{
		"two chunks": {"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
		"hex":        {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
		"zeros":      {"0005\r\nhello\r\n000\r\n\r\n", "hello"},
		"extension":  {"5;a=b;c=\"d e\"\r\nhello\r\n0\r\n\r\n", "hello"},
		"trailers":   {"5\r\nhello\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n", "hello"},
		"empty":      {"0\r\n\r\n", ""},
	} {
		for _, size := range []int{1, 2, 3, 7, 1000} {
			data, used, done, err := content([]byte(tt.in+"NEXT"), size)
			if err != nil || !done || string(data) != tt.data || used != len(tt.in) {
				t.Errorf("%s in pieces of %d: %q, used %d of %d, done %v, %v", name, size, data, used, len(tt.in), done, err)
			}
		}
	}
}

func TestChunksRefused(t *testing.T) {
	for _, in := range []string{
		"\r\n", "x\r\n", "-1\r\n", "+5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n",
		"5\rhello", "5\r\nhelloX", "5\r\nhello\n", "FFFFFFFFFFFFFFFFF\r\n", "5;\x00\r\nhello\r\n", "5;a\nb\r\nhello\r\n",
		"00000000000000005\r\nhello\r\n", "0\r\nContent-Length: 5\r\n\r\n", "0\r\ntransfer-encoding: chunked\r\n\r\n", "0\r\nHost: b\r\n\r\n",
		"0\r\nX\r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX: a\rb\r\n\r\n", "0\r\nX: y\n\r\n",
	} {
		if data, _, _, err := content([]byte(in), 1000); err == nil {
			t.Errorf("%q: accepted as %q", in, data)
		}
	}
}

func FuzzChunks(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\nX: y\r\n\r\n"), 3)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		if size < 1 || size > 1<<16 {
			return
		}
		whole, used, done, err := content(in, len(in)+1)
		pieces, used2, done2, err2 := content(in, size)
		if done && (!done2 || used != used2 || !bytes.Equal(whole, pieces)) {
			t.Fatalf("at once %q (%d), in pieces %q (%d) %v", whole, used, pieces, used2, err2)
		}
		if err == nil && err2 != nil {
			t.Fatalf("refused only in pieces: %v", err2)
		}
	})
}
