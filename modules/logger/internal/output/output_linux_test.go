package output

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func header(t *testing.T) *logs.Header {
	t.Helper()
	h, err := logs.NewHeader(logs.SinkConfig{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// run gives a running writer over a descriptor.
func run(t *testing.T, fd, queue int) *logs.Writer {
	t.Helper()
	d := NewDescriptor(fd, "test output", header(t))
	if err := d.Open(); err != nil {
		t.Fatal(err)
	}
	ctx := module.NewContext(module.ContextOptions{})
	w := logs.NewWriter(ctx, d, logs.Options{Name: "test", QueueBytes: queue})
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Stop(context.Background())
		ctx.Close(context.Background())
	})
	return w
}

// blockingPipe gives the ends of a pipe, of which the writing one blocks, as
// standard output does.
func blockingPipe(t *testing.T) (r *os.File, w int) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		t.Fatal(err)
	}
	r = os.NewFile(uintptr(fds[0]), "reader")
	t.Cleanup(func() {
		r.Close()
		unix.Close(fds[1])
	})
	return r, fds[1]
}

func TestDescriptorPipe(t *testing.T) {
	r, fd := blockingPipe(t)
	w := run(t, fd, 0)
	long := strings.Repeat("l", 10000)
	var want strings.Builder
	got := make(chan string)
	go func() {
		var b bytes.Buffer
		b.ReadFrom(r)
		got <- b.String()
	}()
	for i := range 2000 {
		line := fmt.Sprintf("line %d", i)
		if i%500 == 7 {
			line = long
		}
		fmt.Fprintln(&want, line)
		w.Log(logs.Info, []byte(line))
	}
	if err := w.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	if g := <-got; g != want.String() || w.Dropped() != 0 {
		t.Errorf("%d bytes came, want %d; %d lines dropped", len(g), want.Len(), w.Dropped())
	}
}

// overfill logs lines of 1,000 bytes until some are dropped and more are taken
// than a pipe or socket can hold. It gives how many were logged.
func overfill(w *logs.Writer) (sent int) {
	line := bytes.Repeat([]byte("x"), 999)
	for w.Dropped() == 0 || sent-int(w.Dropped()) < 700 {
		w.Log(logs.Info, line)
		sent++
	}
	return sent
}

// A pipe that nobody reads: Log does not block, lines drop, Stop keeps its
// deadline, and what the pipe took is whole lines.
func TestDescriptorBlocked(t *testing.T) {
	r, fd := blockingPipe(t)
	w := run(t, fd, 1<<20)
	sent := overfill(w)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop gave %v, want that its deadline passed", err)
	}
	r.SetReadDeadline(time.Now().Add(time.Second))
	var took bytes.Buffer
	took.ReadFrom(r)
	if n := took.Len(); n < 4096 || n%1000 != 0 || n/1000 >= sent {
		t.Errorf("the pipe took %d bytes of %d lines", n, sent)
	}
}

func TestDescriptorBroken(t *testing.T) {
	r, fd := blockingPipe(t)
	r.Close()
	w := run(t, fd, 0)
	for range 10 {
		w.Log(logs.Info, []byte("x"))
	}
	if err := w.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if w.Dropped() != 10 {
		t.Errorf("%d lines dropped, want 10", w.Dropped())
	}
}

func TestDescriptorFileAndSocket(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	peer := os.NewFile(uintptr(pair[1]), "peer")
	defer peer.Close()
	for _, fd := range []int{int(f.Fd()), pair[0]} {
		w := run(t, fd, 0)
		w.Log(logs.Info, []byte("one"))
		w.Log(logs.Info, []byte("two"))
		if err := w.Stop(t.Context()); err != nil || w.Dropped() != 0 {
			t.Errorf("stop: %v, %d dropped", err, w.Dropped())
		}
	}
	b, err := os.ReadFile(f.Name())
	if err != nil || string(b) != "one\ntwo\n" {
		t.Errorf("the file has %q, %v", b, err)
	}
	buf := make([]byte, 100)
	if n, err := peer.Read(buf); err != nil || string(buf[:n]) != "one\ntwo\n" {
		t.Errorf("the socket has %q, %v", buf[:n], err)
	}
}

// A socket that is full makes the sink wait and not block in the kernel.
func TestDescriptorSocketFull(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	w := run(t, pair[0], 1<<20)
	overfill(w)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := w.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("stop gave %v, want that its deadline passed", err)
	}
}

func TestDescriptorClosed(t *testing.T) {
	if err := NewDescriptor(1<<20, "standard output", header(t)).Open(); !errors.Is(err, unix.EBADF) ||
		!strings.Contains(err.Error(), "standard output cannot be written to") {
		t.Errorf("a closed descriptor gives %v", err)
	}
}

func TestLost(t *testing.T) {
	chunk := []byte("aa\nbb\ncc\n")
	tests := []struct {
		written, lost int
		torn          bool
	}{{0, 3, false}, {1, 3, true}, {3, 2, false}, {5, 2, true}, {8, 1, true}, {9, 0, false}}
	for _, tt := range tests {
		if lost, torn := Lost(chunk, 3, tt.written); lost != tt.lost || torn != tt.torn {
			t.Errorf("%d bytes written: lost %d, torn %v; want %d, %v", tt.written, lost, torn, tt.lost, tt.torn)
		}
	}
}

// capture is a sink that keeps the chunks of the batches.
type capture struct {
	c    Chunks
	got  []string
	gate chan struct{}
}

func (c *capture) WriteLines(_ context.Context, b *logs.Batch) (int, error) {
	<-c.gate
	for {
		chunk, lines := c.c.Next(b)
		if lines == 0 {
			return 0, nil
		}
		c.got = append(c.got, fmt.Sprintf("%d %q", lines, chunk))
		if strings.Contains(string(chunk), "stop") {
			c.got = append(c.got, fmt.Sprint("lost ", c.c.Reset()))
			return 0, nil
		}
	}
}

func TestChunks(t *testing.T) {
	c := &capture{c: Chunks{Header: header(t), Max: 10}, gate: make(chan struct{})}
	ctx := module.NewContext(module.ContextOptions{})
	w := logs.NewWriter(ctx, c, logs.Options{})
	for _, line := range []string{"1234", "1234", "1", "12345678901", "2", "3", "stop5678", "carried", "left"} {
		w.Log(logs.Info, []byte(line))
	}
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	close(c.gate)
	if err := w.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{`2 "1234\n1234\n"`, `1 "1\n"`, `1 "12345678901\n"`, `2 "2\n3\n"`, `1 "stop5678\n"`, "lost 1"}
	if fmt.Sprint(c.got) != fmt.Sprint(want) || w.Dropped() != 1 {
		t.Errorf("chunks\n got %v\nwant %v, with 1 line left, not %d", c.got, want, w.Dropped())
	}
}
