package syslog

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func stream(t *testing.T, network, address string) net.Listener {
	t.Helper()
	ln, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

// accept takes the next connection.
func accept(t *testing.T, ln net.Listener) net.Conn {
	t.Helper()
	if d, ok := ln.(interface{ SetDeadline(time.Time) error }); ok {
		if err := d.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// frame reads a message with its length before it.
func frame(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	digits, err := r.ReadString(' ')
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(digits, " "))
	if err != nil {
		t.Fatal(err)
	}
	msg := make([]byte, n)
	if _, err := io.ReadFull(r, msg); err != nil {
		t.Fatal(err)
	}
	return string(msg)
}

func TestStreams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	tests := []struct{ network, listen, prefix, framing, want string }{
		{"tcp", "127.0.0.1:0", "tcp@", "", "8 <133>one11 <133>two#0A"},
		{"tcp", "127.0.0.1:0", "stream+ip@", "octet-count", "8 <133>one11 <133>two#0A"},
		{"tcp", "127.0.0.1:0", "tcp4@", "newline", "<133>one\n<133>two#0A\n"},
		{"unix", path + "1", "uxst@", "", "<133>one\n<133>two#0A\n"},
		{"unix", path + "2", "uxst@", "octet-count", "8 <133>one11 <133>two#0A"},
		{"unix", path + "3", "", "", "<133>one\n<133>two#0A\n"}, // found out when datagrams are refused
	}
	for _, tt := range tests {
		ln := stream(t, tt.network, tt.listen)
		l := run(t, Config{Address: tt.prefix + ln.Addr().String(), Framing: tt.framing, SinkConfig: priority})
		l.Log(logs.Notice, []byte("one"))
		l.Log(logs.Notice, []byte("two\n"))
		c := accept(t, ln)
		stop(t, l)
		got, err := io.ReadAll(c)
		if err != nil || string(got) != tt.want {
			t.Errorf("%s%s framing %q: %q, %v; want %q", tt.prefix, tt.network, tt.framing, got, err, tt.want)
		}
	}
}

// A server that restarts gets the lines that come after that.
func TestStreamReconnects(t *testing.T) {
	ln := stream(t, "tcp", "127.0.0.1:0")
	l := run(t, Config{Address: "tcp@" + ln.Addr().String(), SinkConfig: priority})
	for i := range 5 {
		l.Log(logs.Info, fmt.Append(nil, i))
		c := accept(t, ln)
		if got, want := frame(t, bufio.NewReader(c)), fmt.Sprint("<134>", i); got != want {
			t.Errorf("message %q, want %q", got, want)
		}
		c.Close() // over loopback, the logger's side knows at once
	}
	stop(t, l)
	if l.Dropped() != 0 {
		t.Errorf("%d lines dropped, want none", l.Dropped())
	}
}

// Lines wait for a server that comes later.
func TestServerComesLater(t *testing.T) {
	dir := t.TempDir()
	for _, network := range []string{"unix", "unixgram"} {
		path := filepath.Join(dir, network)
		prefix := map[string]string{"unix": "uxst@", "unixgram": "uxdg@"}[network]
		tried := make(chan struct{}, 100)
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			tried <- struct{}{}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		l := runWith(t, module.ContextOptions{Dial: dial}, Config{Address: prefix + path, SinkConfig: priority})
		l.Log(logs.Info, []byte("early"))
		<-tried
		<-tried
		if network == "unixgram" {
			expect(t, datagrams(t, network, path), "<134>early")
		} else {
			c := accept(t, stream(t, network, path))
			if got, err := bufio.NewReader(c).ReadString('\n'); got != "<134>early\n" {
				t.Errorf("line %q, %v", got, err)
			}
		}
		if l.Dropped() != 0 {
			t.Errorf("%s: %d lines dropped", network, l.Dropped())
		}
	}
}

// The waits between attempts to connect grow to ten seconds.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var tried []time.Time
		dial := func(context.Context, string, string) (net.Conn, error) {
			mu.Lock()
			defer mu.Unlock()
			tried = append(tried, time.Now())
			return nil, syscall.ECONNREFUSED
		}
		l := runWith(t, module.ContextOptions{Dial: dial}, Config{Address: "tcp@127.0.0.1", SinkConfig: priority})
		l.Log(logs.Info, []byte("x"))
		time.Sleep(time.Minute)
		synctest.Wait()
		stop(t, l)
		want := []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000, 10000}
		for i, w := range want[:min(len(want), len(tried)-1)] {
			if got := tried[i+1].Sub(tried[i]); got != w*time.Millisecond {
				t.Errorf("wait %d is %v, want %v", i, got, w*time.Millisecond)
			}
		}
		if len(tried) != 12 || l.Dropped() != 1 {
			t.Errorf("%d attempts, want 12; %d lines dropped, want 1", len(tried), l.Dropped())
		}
	})
}

// Stop does not wait for a server that is not there.
func TestStopWithoutServer(t *testing.T) {
	ln := stream(t, "tcp", "127.0.0.1:0")
	to := "tcp@" + ln.Addr().String()
	ln.Close()
	l := run(t, Config{Address: to, SinkConfig: priority})
	for range 10 {
		l.Log(logs.Info, []byte("x"))
	}
	began := time.Now()
	stop(t, l)
	if took := time.Since(began); took > 20*time.Second || l.Dropped() != 10 {
		t.Errorf("stop took %v, %d lines dropped, want 10", took, l.Dropped())
	}
}

// A server that does not read: Log never blocks, Stop keeps its deadline.
func TestStreamBlocked(t *testing.T) {
	ln := stream(t, "tcp", "127.0.0.1:0")
	l := run(t, Config{Address: "tcp@" + ln.Addr().String(), SinkConfig: priority, Len: 65535})
	line := make([]byte, 60000)
	l.Log(logs.Info, line)
	accept(t, ln)
	deadline := time.Now().Add(30 * time.Second)
	for l.Dropped() < 100 && time.Now().Before(deadline) {
		l.Log(logs.Info, line)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := l.Stop(ctx)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("stop gave %v after %v", err, took)
	}
	if l.Dropped() < 100 {
		t.Errorf("%d lines dropped", l.Dropped())
	}
}
