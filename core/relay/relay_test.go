package relay

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// tcpPair gives both ends of a TCP connection over loopback.
func tcpPair(t testing.TB) (a, b *Conn) { return connected(t, "tcp", "127.0.0.1:0") }

// connected gives both ends of a connection to an address.
func connected(t testing.TB, network, address string) (a, b *Conn) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	near, err := net.Dial(network, l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return fromNet(t, near), fromNet(t, far)
}

func TestReadTimeout(t *testing.T) {
	a, b := pair(t)
	buf := Buffer{Pool: NewPool(1024)}
	a.ReadTimeout(30 * time.Millisecond)
	start := time.Now()
	if err := a.Fill(&buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	if d := time.Since(start); d < 30*time.Millisecond {
		t.Errorf("timed out after %v", d)
	}
	// The connection can be read again afterwards, and a longer timeout holds.
	a.ReadTimeout(time.Minute)
	go func() {
		time.Sleep(50 * time.Millisecond)
		b.Write([]byte("x"))
	}()
	if err := a.Fill(&buf); err != nil {
		t.Fatalf("after a timeout: %v", err)
	}
}

// attempts tries what depends on times until it succeeds: a busy machine may be late.
func attempts(t *testing.T, try func() error) {
	t.Helper()
	var err error
	for range 10 {
		if err = try(); err == nil {
			return
		}
	}
	t.Errorf("10 times: %v", err)
}

// After a timeout a connection is read again with the same timeout: what has
// come meanwhile is read, and what comes in time is waited for.
func TestReadAfterTimeout(t *testing.T) {
	p := make([]byte, 10)
	attempts(t, func() error {
		a, b := pair(t)
		a.ReadTimeout(100 * time.Millisecond)
		for range 3 {
			if n, err := a.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("%d bytes and %v from nothing", n, err)
			}
			if _, err := b.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
			if n, err := a.Read(p); n != 1 || err != nil {
				return fmt.Errorf("what has come: %d, %w", n, err)
			}
			if n, err := a.Read(p); !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("%d bytes and %v from nothing", n, err)
			}
			written := make(chan error)
			go func() {
				time.Sleep(5 * time.Millisecond)
				_, err := b.Write([]byte("y"))
				written <- err
			}()
			n, err := a.Read(p)
			if werr := <-written; n != 1 || err != nil || werr != nil {
				return fmt.Errorf("what comes: %d, %w, %w", n, err, werr)
			}
		}
		return nil
	})
}

func TestWritingRefreshesTheReadTimeout(t *testing.T) {
	attempts(t, func() error {
		a, b := pair(t)
		const timeout, pause = 400 * time.Millisecond, 250 * time.Millisecond
		a.ReadTimeout(timeout)
		a.WriteTimeout(timeout)
		start := time.Now()
		result := make(chan error)
		go func() {
			var p [1]byte
			_, err := a.Read(p[:])
			switch took := time.Since(start); {
			case !errors.Is(err, os.ErrDeadlineExceeded):
				err = fmt.Errorf("read: %w", err)
			case took < timeout+pause/2:
				err = fmt.Errorf("the read timed out after %v in spite of writes", took)
			default:
				err = nil
			}
			result <- err
		}()
		// A write that has to wait for room is activity.
		big := make([]byte, 1<<20)
		go func() {
			time.Sleep(pause)
			sink := make([]byte, 1<<16)
			for n := 0; n < len(big); {
				k, err := b.Read(sink)
				if err != nil {
					return
				}
				n += k
				time.Sleep(10 * time.Millisecond)
			}
		}()
		_, werr := a.Write(big)
		return errors.Join(werr, <-result)
	})
}

func TestInterrupt(t *testing.T) {
	a, _ := pair(t)
	a.ReadTimeout(time.Minute)
	done := make(chan error)
	go func() {
		var p [1]byte
		_, err := a.Read(p[:])
		done <- err
	}()
	time.Sleep(10 * time.Millisecond)
	a.Interrupt()
	select {
	case err := <-done:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the read goes on")
	}
}

// Move carries all sizes, over sockets that splice and others, with and without a limit.
func TestMove(t *testing.T) {
	for _, size := range []int{0, 1, 1000, 16384, 16385, 1 << 20, 3<<20 + 7} {
		for _, limited := range []bool{false, true} {
			in, src := tcpPair(t)
			dst, out := tcpPair(t)
			want := make([]byte, size)
			rand.Read(want)
			go func() {
				in.Write(want)
				if !limited {
					in.CloseWrite()
				}
			}()
			got := make(chan []byte)
			go func() {
				b, err := io.ReadAll(struct{ io.Reader }{out})
				if err != nil {
					t.Errorf("read: %v", err)
				}
				got <- b
			}()
			limit := int64(-1)
			if limited {
				limit = int64(size)
			}
			moved := 0
			buf := Buffer{Pool: NewPool(16384)}
			if err := NewMover().Move(dst, src, &buf, limit, func(n int) { moved += n }); err != nil {
				t.Fatalf("size %d limited %v: %v", size, limited, err)
			}
			dst.CloseWrite()
			if b := <-got; !bytes.Equal(b, want) || moved != size {
				t.Errorf("size %d limited %v: %d bytes arrived, %d counted, equal %v", size, limited, len(b), moved, bytes.Equal(b, want))
			}
		}
	}
}

func TestMoveTellsWhichSideFailed(t *testing.T) {
	in, src := tcpPair(t)
	dst, out := tcpPair(t)
	out.Reset()
	out.Close()
	go in.Write(make([]byte, 1<<20))
	buf := Buffer{Pool: NewPool(16384)}
	err := NewMover().Move(dst, src, &buf, -1, nil)
	if err == nil || !WriteSide(err) {
		t.Errorf("the receiver was reset: %v, WriteSide %v", err, WriteSide(err))
	}

	in, src = tcpPair(t)
	dst, _ = tcpPair(t)
	in.Write([]byte("abc"))
	in.CloseWrite()
	buf.Release()
	if err := NewMover().Move(dst, src, &buf, 10, nil); err != io.EOF {
		t.Errorf("a source that ends early: %v, want EOF", err)
	}
}

func TestWatcher(t *testing.T) {
	w, err := NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan Event, 1)
	note := func(ev Event) { events <- ev }
	expect := func(want Event) {
		t.Helper()
		select {
		case ev := <-events:
			if ev != want {
				t.Errorf("event %v, want %v", ev, want)
			}
		case <-time.After(30 * time.Second):
			t.Errorf("no event, want %v", want)
		}
	}
	a, b := pair(t)
	if !w.Park(a, "mine", 0, note) || w.Parked() != 1 {
		t.Fatalf("not parked: %d", w.Parked())
	}
	b.Write([]byte("x"))
	expect(Readable)
	var p [1]byte
	if n, err := a.Read(p[:]); n != 1 || err != nil {
		t.Fatalf("reading after parking: %d, %v", n, err)
	}

	w.Park(a, "mine", time.Millisecond, note)
	expect(Expired)

	w.Park(a, "mine", time.Minute, note)
	w.Wake(func(owner any) bool { return owner == "other" })
	if w.Parked() != 1 {
		t.Error("woke another owner's connection")
	}
	w.Wake(func(owner any) bool { return owner == "mine" })
	expect(Stopped)

	w.Closed(a, note)
	if !w.Forget(a) || w.Forget(a) {
		t.Error("Forget")
	}
	w.Closed(a, note)
	b.Close()
	expect(Readable)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if w.Park(a, "mine", 0, note) {
		t.Error("parked at a closed watcher")
	}
}

func TestWatcherTellsOfResets(t *testing.T) {
	w, err := NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	a, b := tcpPair(t)
	reset := make(chan Event, 1)
	if !w.Reset(a, func(ev Event) { reset <- ev }) {
		t.Fatal("not watched")
	}
	if err := errors.Join(b.Reset(), b.Close()); err != nil {
		t.Fatal(err)
	}
	<-reset
	if w.Forget(a) {
		t.Error("still watched")
	}
}

func TestWatcherTakesALayerAgain(t *testing.T) {
	w, err := NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	a, b := pair(t)
	upper := Layer(a, &Buffer{}, func(nc net.Conn) net.Conn { return nc })
	woken := make(chan Event, 1)
	for i := range 3 {
		if !w.Park(upper, "mine", time.Minute, func(ev Event) { woken <- ev }) {
			t.Fatalf("not parked the %d. time", i+1)
		}
		b.Write([]byte("x"))
		<-woken
		var p [1]byte
		if _, err := upper.Read(p[:]); err != nil {
			t.Fatal(err)
		}
		if n := w.Parked(); n != 0 {
			t.Errorf("%d parked after the event", n)
		}
	}
}

type run func()

func (r run) Run() { r() }

func TestWorkersReuseGoroutines(t *testing.T) {
	var w Workers
	done := make(chan struct{})
	for range 100 {
		w.Go(run(func() { done <- struct{}{} }))
		<-done
	}
	for range 10000 {
		w.mu.Lock()
		n := len(w.idle)
		w.mu.Unlock()
		if n > 0 {
			if n > 10 {
				t.Errorf("%d goroutines for work that was never parallel", n)
			}
			w.Trim() // those that were idle now
			w.Trim() // and were not needed since
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(w.idle) != 0 {
				t.Errorf("%d goroutines are kept that nobody needs", len(w.idle))
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("no worker became idle")
}

func TestRoundtripDoesNotAllocate(t *testing.T) {
	a, b := pair(t)
	buf := Buffer{Pool: NewPool(1024)}
	msg := []byte("0123456789")
	if n := testing.AllocsPerRun(200, func() {
		if _, err := b.Write(msg); err != nil {
			t.Fatal(err)
		}
		if err := a.Fill(&buf); err != nil {
			t.Fatal(err)
		}
		buf.Consume(buf.Len())
	}); n != 0 {
		t.Errorf("%v allocations a round trip", n)
	}
}
