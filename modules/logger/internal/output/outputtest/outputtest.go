// Package outputtest tests the loggers of standard output and standard error.
package outputtest

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

// Logger is what is tested. It needs a descriptor of its own to write to, so the
// tests run their program again with a pipe as that: TestMain has to call Main.
type Logger struct {
	// Stream is where lines go: os.Stdout or os.Stderr. On the other of the two the
	// program that was run again tells how it went.
	Stream *os.File
	// New makes the logger.
	New func(*module.Context, logs.SinkConfig) (logs.Logger, error)
}

const childEnv = "FAIRLEAD_TEST_CHILD"

// Main runs the tests, or does what one of them runs this program again for. It
// does not return.
func (l Logger) Main(m *testing.M) {
	mode := os.Getenv(childEnv)
	if mode == "" {
		os.Exit(m.Run())
	}
	told, err := l.child(mode)
	if err != nil {
		told = "error: " + err.Error()
	}
	fmt.Fprintln(l.other(), told)
	os.Exit(0)
}

func (l Logger) other() *os.File {
	if l.Stream == os.Stdout {
		return os.Stderr
	}
	return os.Stdout
}

// child logs, and gives how that went.
func (l Logger) child(mode string) (string, error) {
	ctx := module.NewContext(module.ContextOptions{})
	logger, err := l.New(ctx, logs.SinkConfig{Header: logs.Short})
	if err != nil {
		return "", err
	}
	s := logger.(*output.Standard)
	if err := s.Prepare(ctx); err != nil {
		return "", err
	}
	if err := s.Start(ctx); err != nil {
		return "", err
	}
	switch mode {
	case "lines":
		s.Log(logs.Notice, []byte("one"))
		s.Log(logs.Err, []byte("two"))
	case "blocked":
		for s.Dropped() < 1000 {
			s.Log(logs.Info, bytes.Repeat([]byte("x"), 1000))
		}
	case "broken":
		bufio.NewReader(os.Stdin).ReadString('\n') // the pipe is broken now
		for s.Dropped() == 0 {
			s.Log(logs.Info, []byte("x"))
		}
	}
	stop, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = s.Stop(stop)
	return fmt.Sprintf("stopped=%v late=%v dropped=%v", err == nil, time.Since(began) > 20*time.Second, s.Dropped() > 0), nil
}

// start runs the child. It gives the reading end of its pipe, what ends its
// wait, and what it told once it has ended.
func (l Logger) start(t *testing.T, mode string) (r *os.File, proceed func(), told func() string) {
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
	cmd.Stdout, cmd.Stderr = w, &tells
	if l.Stream == os.Stderr {
		cmd.Stdout, cmd.Stderr = &tells, w
	}
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

// Test runs the tests.
func (l Logger) Test(t *testing.T) {
	t.Run("lines", func(t *testing.T) {
		r, _, told := l.start(t, "lines")
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		if got, want := b.String(), "<5>one\n<3>two\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		check(t, told(), "stopped=true late=false dropped=false")
	})
	// A pipe that nobody reads blocks nobody.
	t.Run("blocked", func(t *testing.T) {
		_, _, told := l.start(t, "blocked")
		check(t, told(), "stopped=false late=false dropped=true")
	})
	// Writing to a pipe without a reader would end a Go process by SIGPIPE.
	t.Run("broken", func(t *testing.T) {
		r, proceed, told := l.start(t, "broken")
		r.Close()
		proceed()
		check(t, told(), "stopped=true late=false dropped=true")
	})
	t.Run("refused", func(t *testing.T) {
		_, err := l.New(module.NewContext(module.ContextOptions{}), logs.SinkConfig{Tag: "a b"})
		if err == nil || !strings.Contains(err.Error(), "tag") {
			t.Errorf("a tag with a space gives %v", err)
		}
	})
}

func check(t *testing.T, told, want string) {
	t.Helper()
	if told != want {
		t.Errorf("it tells %q, want %q", told, want)
	}
}
