package relay

import (
	"errors"
	"io"
	"net"
	"slices"
	"testing"
	"time"
)

// datagrams gives and takes datagrams; only what a Conn needs of it works.
type datagrams struct {
	net.Conn
	in, out []string
}

func (d *datagrams) Read(p []byte) (int, error) {
	if len(d.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.in[0])
	d.in = d.in[1:]
	return n, nil
}

func (d *datagrams) Write(p []byte) (int, error) {
	d.out = append(d.out, string(p))
	return len(p), nil
}

func (*datagrams) SetReadDeadline(time.Time) error  { return nil }
func (*datagrams) SetWriteDeadline(time.Time) error { return nil }

// Datagrams are moved one by one, the empty ones too.
func TestMoveDatagrams(t *testing.T) {
	want := []string{"a", "", "bc", "", "", "0123456789abcdef"}
	src, dst := &datagrams{in: slices.Clone(want)}, &datagrams{}
	from, to := WrapConn(src), WrapConn(dst)
	from.MarkDatagrams()
	to.MarkDatagrams()
	if err := NewMover().Move(to, from, &Buffer{Pool: NewPool(16)}, -1, nil); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if !slices.Equal(dst.out, want) {
		t.Errorf("%q came as %q", want, dst.out)
	}
}
