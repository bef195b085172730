package stdout

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/logger/internal/output"
)

// The tests need a standard output of their own: they run this test program again
// with a pipe as that, and it tells on the other descriptor how it went.
const childEnv = "FAIRLEAD_TEST_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childEnv); mode != "" {
		if err := child(mode); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func child(mode string) error {
	ctx := module.NewContext(module.ContextOptions{})
	logger, err := New(ctx, output.Config{SinkConfig: logs.SinkConfig{Header: logs.Short}})
	if err != nil {
		return err
	}
	l := logger.(*output.Logger)
	if err := l.Prepare(ctx); err != nil {
		return err
	}
	if err := l.Start(ctx); err != nil {
		return err
	}
	switch mode {
	case "lines":
		l.Log(logs.Notice, []byte("one"))
		l.Log(logs.Err, []byte("two"))
	case "blocked":
		for l.Dropped() < 1000 {
			l.Log(logs.Info, bytes.Repeat([]byte("x"), 1000))
		}
	case "broken":
		bufio.NewReader(os.Stdin).ReadString('\n') // the pipe is broken now
		for l.Dropped() == 0 {
			l.Log(logs.Info, []byte("x"))
		}
	}
	stop, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = l.Stop(stop)
	fmt.Fprintf(os.Stderr, "stopped=%v late=%v dropped=%v\n", err == nil, time.Since(began) > 20*time.Second, l.Dropped() > 0)
	return nil
}

// start runs the child. It gives the reading end of its pipe, what ends its
// wait, and what it told once it has ended.
func start(t *testing.T, mode string) (r *os.File, proceed func(), told func() string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var tells bytes.Buffer
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+mode)
	cmd.Stdout = w
	cmd.Stderr = &tells
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return r, func() { stdin.Close() }, func() string {
		if err := cmd.Wait(); err != nil {
			t.Errorf("the process ended with %v: %s", err, &tells)
		}
		return strings.TrimSpace(tells.String())
	}
}

func TestLines(t *testing.T) {
	r, _, told := start(t, "lines")
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	if got, want := b.String(), "<5>one\n<3>two\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := told(), "stopped=true late=false dropped=false"; got != want {
		t.Errorf("it tells %q, want %q", got, want)
	}
}

// A pipe that nobody reads blocks nobody.
func TestBlockedPipe(t *testing.T) {
	_, _, told := start(t, "blocked")
	if got, want := told(), "stopped=false late=false dropped=true"; got != want {
		t.Errorf("it tells %q, want %q", got, want)
	}
}

// Writing to a pipe without a reader would end a Go process by SIGPIPE.
func TestBrokenPipe(t *testing.T) {
	r, proceed, told := start(t, "broken")
	r.Close()
	proceed()
	if got, want := told(), "stopped=true late=false dropped=true"; got != want {
		t.Errorf("it tells %q, want %q", got, want)
	}
}

func TestRefused(t *testing.T) {
	_, err := New(module.NewContext(module.ContextOptions{}), output.Config{SinkConfig: logs.SinkConfig{Tag: "a b"}})
	if err == nil || !strings.Contains(err.Error(), "tag") {
		t.Errorf("a tag with a space gives %v", err)
	}
}
