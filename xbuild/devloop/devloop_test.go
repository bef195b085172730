//go:build unix

package devloop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// output collects what the program and the loop write.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (o *output) await(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(o.String(), want); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%q does not come:\n%s", want, o)
		}
	}
}

const program = `#!/bin/sh
trap 'echo "ended %[1]d"; exit 0' TERM
echo "started %[1]d $1"
while :; do sleep 0.02; done
`

// A change replaces the program; one that does not build leaves it as it is; the
// end of the loop ends it.
func TestLoop(t *testing.T) {
	dir, programs := t.TempDir(), t.TempDir()
	var out output
	n := 0
	l := Loop{
		Dir: dir, Args: []string{"--arg"}, Stdout: &out, Stderr: &out,
		Build: func(context.Context) (string, error) {
			n++
			if n == 2 {
				return "", errors.New("it does not compile")
			}
			file := filepath.Join(programs, fmt.Sprint(n))
			return file, os.WriteFile(file, fmt.Appendf(nil, program, n), 0o755)
		},
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	change := func(name string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("package x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out.await(t, "started 1 --arg")
	change("notes.md") // of no interest
	change("x.go")
	out.await(t, "xbuild: it does not compile\nxbuild: the program before goes on")
	if strings.Contains(out.String(), "ended 1") {
		t.Error("the program ended although there is none to replace it")
	}
	change("x.go")
	out.await(t, "ended 1\nstarted 3")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	out.await(t, "ended 3")
	if n != 3 {
		t.Errorf("%d builds, want 3", n)
	}
}

func TestOnce(t *testing.T) {
	var out output
	l := Loop{Dir: t.TempDir(), Once: true, Args: []string{"-c", "echo hello; exit 3"}, Stdout: &out, Stderr: &out,
		Build: func(context.Context) (string, error) { return "/bin/sh", nil }}
	if err := l.Run(context.Background()); err == nil || err.Error() != "exit status 3" || out.String() != "hello\n" {
		t.Errorf("error %v, output %s", err, &out)
	}
}
