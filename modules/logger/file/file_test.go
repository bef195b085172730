//go:build unix

package file

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

// open gives a running logger.
func open(t *testing.T, o module.ContextOptions, c Config) *Logger {
	t.Helper()
	ctx := module.NewContext(o)
	logger, err := New(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	l := logger.(*Logger)
	if err := l.Prepare(ctx); err != nil {
		t.Fatal(err)
	}
	if err := l.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Stop(context.Background())
		ctx.Close(context.Background())
	})
	return l
}

func stop(t *testing.T, l *Logger) {
	t.Helper()
	if err := l.Stop(t.Context()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestAppend(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), "log")
	for _, line := range []string{"one", "two"} {
		l := open(t, module.ContextOptions{}, Config{Path: path, Mode: "0640", SinkConfig: logs.SinkConfig{Header: logs.Short}})
		l.Log(logs.Info, []byte(line))
		stop(t, l)
	}
	if got, want := content(t, path), "<6>one\n<6>two\n"; got != want {
		t.Errorf("the file has %q, want %q", got, want)
	}
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o640 {
		t.Errorf("mode %v, %v; want 0640", st.Mode(), err)
	}
}

// Rotation while lines come: all are there once, in order, over the files.
func TestRotate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	l := open(t, module.ContextOptions{}, Config{Path: path, Mode: "0600"})
	const lines = 20000
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range lines {
			l.Log(logs.Info, fmt.Appendf(nil, "%d", i))
		}
	})
	var want, got strings.Builder
	for i := range 20 {
		if err := os.Rename(path, fmt.Sprintf("%s.%02d", path, i)); err != nil {
			t.Fatal(err)
		}
		if err := l.Reopen(); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	stop(t, l)
	for i := range lines {
		fmt.Fprintln(&want, i)
	}
	for i := range 20 {
		got.WriteString(content(t, fmt.Sprintf("%s.%02d", path, i)))
	}
	got.WriteString(content(t, path))
	if got.String() != want.String() || l.Dropped() != 0 {
		t.Errorf("the files have %d bytes, want %d; %d dropped", got.Len(), want.Len(), l.Dropped())
	}
}

func TestReopenFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "log")
	l := open(t, module.ContextOptions{}, Config{Path: path, Mode: "0600"})
	moved := dir + "2"
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	if err := l.Reopen(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("reopening in a directory that is gone gives %v", err)
	}
	l.Log(logs.Info, []byte("kept"))
	stop(t, l)
	if got := content(t, filepath.Join(moved, "log")); got != "kept\n" {
		t.Errorf("the old file has %q, want that it stayed in use", got)
	}
}

// warning tells when something was logged.
type warning struct {
	once  sync.Once
	given chan struct{}
	mu    sync.Mutex
	b     bytes.Buffer
}

func (w *warning) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.b.Write(p)
	w.once.Do(func() { close(w.given) })
	return len(p), nil
}

func TestDiskFull(t *testing.T) {
	w := warning{given: make(chan struct{})}
	o := module.ContextOptions{Log: slog.New(slog.NewTextHandler(&w, nil))}
	l := open(t, o, Config{Path: "/dev/full", Mode: "0640"})
	for range 5 {
		l.Log(logs.Info, []byte("x"))
	}
	stop(t, l)
	<-w.given
	if got := w.b.String(); l.Dropped() != 5 || !strings.Contains(got, "no space left on device") {
		t.Errorf("%d dropped, warning %q", l.Dropped(), got)
	}
}

// What follows a line that a failing write tore begins on a line of its own.
func TestTornLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l := open(t, module.ContextOptions{}, Config{Path: path, Mode: "0640"})
	stop(t, l)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l.file.Store(f)
	if n, err := l.write([]byte("whole\nto")); n != 8 || err != nil {
		t.Fatal(n, err)
	}
	l.torn = true
	if n, err := l.write([]byte("next\n")); n != 5 || err != nil {
		t.Fatal(n, err)
	}
	if got := content(t, path); got != "whole\nto\nnext\n" {
		t.Errorf("the file has %q", got)
	}
}

func TestPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := module.NewContext(module.ContextOptions{})
	logger, err := New(ctx, Config{Path: path, Mode: "0640"})
	if err != nil {
		t.Fatal(err)
	}
	if err := logger.(*Logger).Prepare(ctx); err == nil || !strings.Contains(err.Error(), "no process reads") {
		t.Errorf("a pipe without a reader gives %v", err)
	}
	r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	l := open(t, module.ContextOptions{}, Config{Path: path, Mode: "0640"})
	l.Log(logs.Info, []byte("x"))
	buf := make([]byte, 10)
	if n, err := r.Read(buf); string(buf[:n]) != "x\n" {
		t.Errorf("the pipe has %q, %v", buf[:n], err)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		c    Config
		want string
	}{
		{Config{Mode: "0640"}, "path is missing"},
		{Config{Path: "x", Mode: "rw"}, `mode: "rw" is not`},
		{Config{Path: "x", Mode: "0440"}, `write them in octal, such as "0640"`},
		{Config{Path: "x", Mode: "01777"}, `mode: "01777"`},
		{Config{Path: "x", Mode: "640", SinkConfig: logs.SinkConfig{Hostname: " "}}, "hostname"},
		{Config{Path: dir, Mode: "0640"}, "is a directory"},
		{Config{Path: filepath.Join(dir, "no", "log"), Mode: "0640"}, "no such file or directory"},
	}
	for _, tt := range tests {
		ctx := module.NewContext(module.ContextOptions{})
		l, err := New(ctx, tt.c)
		if err == nil {
			err = l.(*Logger).Prepare(ctx)
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want one with %q", tt.c, err, tt.want)
		}
	}
}

func BenchmarkFile(b *testing.B) {
	ctx := module.NewContext(module.ContextOptions{})
	logger, err := New(ctx, Config{Path: filepath.Join(b.TempDir(), "log"), Mode: "0600"})
	if err != nil {
		b.Fatal(err)
	}
	l := logger.(*Logger)
	if err := l.Prepare(ctx); err != nil {
		b.Fatal(err)
	}
	if err := l.Start(ctx); err != nil {
		b.Fatal(err)
	}
	line := bytes.Repeat([]byte("x"), 300)
	b.ReportAllocs()
	for b.Loop() {
		l.Log(logs.Info, line)
	}
	b.ReportMetric(float64(l.Dropped())/float64(b.N), "dropped/op")
	if err := l.Stop(context.Background()); err != nil {
		b.Fatal(err)
	}
}
