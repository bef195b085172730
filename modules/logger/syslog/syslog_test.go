package syslog

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

// priority is the header that tests use where the header is not the matter.
var priority = logs.SinkConfig{Header: logs.Priority}

// run gives a running logger.
func run(t *testing.T, c Config) *Logger { return runWith(t, module.ContextOptions{}, c) }

func runWith(t *testing.T, o module.ContextOptions, c Config) *Logger {
	t.Helper()
	if c.Len == 0 {
		c.Len = 1024
	}
	ctx := module.NewContext(o)
	logger, err := New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	l := logger.(*Logger)
	if err := l.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Stop(context.Background())
		if err := ctx.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return l
}

func stop(t *testing.T, l *Logger) {
	t.Helper()
	if err := l.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// datagrams listens; expect reads one datagram after the other.
func datagrams(t *testing.T, network, address string) net.PacketConn {
	t.Helper()
	c, err := net.ListenPacket(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func expect(t *testing.T, c net.PacketConn, want ...string) {
	t.Helper()
	buf := make([]byte, 70000)
	for _, w := range want {
		if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := c.ReadFrom(buf)
		if err != nil || string(buf[:n]) != w {
			t.Fatalf("datagram %q, %v; want %q", buf[:n], err, w)
		}
	}
}

func TestDatagrams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	tests := []struct{ network, listen, prefix string }{
		{"udp", "127.0.0.1:0", ""},
		{"udp", "127.0.0.1:0", "udp4@"},
		{"udp6", "[::1]:0", "udp@"},
		{"unixgram", path, ""},
		{"unixgram", "@" + fmt.Sprint("fairlead-", os.Getpid()) + strings.Repeat("\x00", 80), "abns@"},
	}
	for _, tt := range tests {
		c, err := net.ListenPacket(tt.network, tt.listen)
		if err != nil {
			if tt.network == "udp6" {
				t.Logf("no IPv6 here: %v", err)
				continue
			}
			t.Fatal(err)
		}
		defer c.Close()
		to := tt.prefix + c.LocalAddr().String()
		if tt.prefix == "abns@" {
			name := fmt.Sprint("fairlead-", os.Getpid())
			c.Close()
			c = datagrams(t, "unixgram", "@"+name+strings.Repeat("\x00", 107-len(name)))
			to = "abns@" + name
		}
		l := run(t, Config{Address: to, SinkConfig: priority})
		l.Log(logs.Notice, []byte("one"))
		l.LogAs(logs.Daemon, logs.Err, []byte("two\n"))
		expect(t, c, "<133>one", "<27>two#0A")
		stop(t, l)
		if l.Dropped() != 0 {
			t.Errorf("%s: %d dropped", to, l.Dropped())
		}
	}
}

func TestHeaders(t *testing.T) {
	c := datagrams(t, "udp", "127.0.0.1:0")
	h := logs.SinkConfig{Header: logs.RFC5424, Facility: logs.Daemon, Tag: "edge", Hostname: "box"}
	l := run(t, Config{Address: c.LocalAddr().String(), SinkConfig: h, Len: 80})
	l.Log(logs.Info, []byte(strings.Repeat("x", 200)))
	buf := make([]byte, 2000)
	n, _, err := c.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	got := string(buf[:n])
	fields := strings.SplitN(got, " ", 8)
	if len(got) != 80 || len(fields) != 8 || fields[0] != "<30>1" || fields[2] != "box" || fields[3] != "edge" ||
		fields[4] != strconv.Itoa(os.Getpid()) || fields[5] != "-" || fields[6] != "-" || !strings.HasPrefix(fields[7], "xx") {
		t.Errorf("message %q", got)
	}
	if at, err := time.Parse(time.RFC3339Nano, fields[1]); err != nil || time.Since(at) > time.Minute {
		t.Errorf("time %q: %v", fields[1], err)
	}
}

// A datagram socket that is made anew, as when a syslog daemon restarts.
func TestUnixDatagramsReconnect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := datagrams(t, "unixgram", path)
	l := run(t, Config{Address: path, SinkConfig: priority})
	l.Log(logs.Info, []byte("one"))
	expect(t, c, "<134>one")
	c.Close()
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	c = datagrams(t, "unixgram", path)
	l.Log(logs.Info, []byte("two"))
	expect(t, c, "<134>two")
	stop(t, l)
	if l.Dropped() != 0 {
		t.Errorf("%d lines dropped, want none", l.Dropped())
	}
}

// Nobody listens: lines are refused, which is counted as far as it is told.
func TestUDPRefused(t *testing.T) {
	c := datagrams(t, "udp", "127.0.0.1:0")
	to := c.LocalAddr().String()
	c.Close()
	l := run(t, Config{Address: to, SinkConfig: priority})
	deadline := time.Now().Add(30 * time.Second)
	for l.Dropped() == 0 && time.Now().Before(deadline) {
		l.Log(logs.Info, []byte("x"))
	}
	if l.Dropped() == 0 {
		t.Error("no line counts as dropped")
	}
	began := time.Now()
	if err := l.Stop(t.Context()); err != nil && !strings.Contains(err.Error(), "did not take its last lines in time") {
		t.Errorf("stop: %v", err) // nobody is there to take them, which may be said and nothing else
	}
	if time.Since(began) > 20*time.Second {
		t.Errorf("stop took %v", time.Since(began))
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct {
		in   string
		want server
	}{
		{"127.0.0.1", server{"udp", "127.0.0.1:514", true, false, false}},
		{"127.0.0.1:1514", server{"udp", "127.0.0.1:1514", true, false, false}},
		{"[::1]:514", server{"udp", "[::1]:514", true, false, false}},
		{"ipv4@log.example", server{"udp4", "log.example:514", true, false, false}},
		{"tcp@log.example:601", server{"tcp", "log.example:601", false, false, false}},
		{"tcp6@log.example", server{"tcp6", "log.example:514", false, false, false}},
		{"mptcp@log.example:601", server{"tcp", "log.example:601", false, false, true}},
		{"/dev/log", server{"unixgram", "/dev/log", true, false, false}},
		{"uxst@/dev/log", server{"unix", "/dev/log", false, false, false}},
		{"abnsz@x", server{"unixgram", "@x\x00", true, false, false}},
	}
	for _, tt := range tests {
		if got, err := parseAddress(tt.in); err != nil || got != tt.want {
			t.Errorf("%q is %+v, %v; want %+v", tt.in, got, err, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		c    Config
		want string
	}{
		{Config{Len: 1024}, "address is empty"},
		{Config{Address: "udpp@x", Len: 1024}, `did you mean "udp@"?`},
		{Config{Address: ":514", Len: 1024}, "names no host"},
		{Config{Address: "quic@x:1", Len: 1024}, `syslog does not go over quic: write "tcp@"`},
		{Config{Address: "x", Len: 79}, "len 79 is outside 80 to 65535"},
		{Config{Address: "x", Len: 65536}, "len 65536"},
		{Config{Address: "tcp@x", Len: 1024, Framing: "lf"}, `unknown framing "lf"`},
		{Config{Address: "x", Len: 1024, Framing: "newline"}, "x takes datagrams"},
		{Config{Address: "x", Len: 1024, SinkConfig: logs.SinkConfig{Tag: "\t"}}, "tag"},
	}
	for _, tt := range tests {
		_, err := New(module.NewContext(module.ContextOptions{}), tt.c)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want one with %q", tt.c, err, tt.want)
		}
	}
}

func TestLogAllocates(t *testing.T) {
	c := datagrams(t, "udp", "127.0.0.1:0")
	l := run(t, Config{Address: c.LocalAddr().String(), SinkConfig: priority})
	line := make([]byte, 300)
	if n := testing.AllocsPerRun(5000, func() { l.Log(logs.Info, line) }); n != 0 {
		t.Errorf("Log allocates %v times, want 0", n)
	}
}
