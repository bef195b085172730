// Package gocmd runs the go command, and knows what its arguments mean: which
// paths are directories, which directory is a Go module.
//
//	out, err := gocmd.Output(gocmd.Command(ctx, "env", "GOVERSION"))
//
// Environment and directory are the caller's affair. Everything may be used by
// several goroutines at once.
package gocmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// patience is how long a program that is interrupted may take to tidy up.
const patience = 10 * time.Second

// Command is the go command with arguments.
func Command(ctx context.Context, args ...string) *exec.Cmd { return Program(ctx, "go", args...) }

// Program is a program that is interrupted, not killed, when ctx ends, so that it
// ends the programs which it has started, where the system can do that.
func Program(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error {
		if runtime.GOOS == "windows" {
			return cmd.Process.Kill() // there are no signals
		}
		return cmd.Process.Signal(os.Interrupt)
	}
	cmd.WaitDelay = patience
	return cmd
}

// Need gives an error where there is no go command.
func Need() error {
	_, err := exec.LookPath("go")
	return needed(err)
}

func needed(err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("the go command is needed: install Go (https://go.dev/dl/) and put it in PATH: %w", err)
	}
	return err
}

// downloads are what the go command says on its way to an error.
var downloads = regexp.MustCompile(`(?m)^go: (downloading|finding|extracting) .*\n?`)

// Output gives what a command writes to standard output. Its error is a *Failure
// when it said what is wrong.
func Output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	if errors.Is(err, exec.ErrNotFound) {
		return nil, needed(err)
	}
	text := strings.TrimSpace(downloads.ReplaceAllString(stderr.String(), ""))
	if text == "" {
		text = strings.TrimSpace(stdout.String())
	}
	if text == "" {
		return stdout.Bytes(), err
	}
	return stdout.Bytes(), &Failure{text, err}
}

// Failure is what a command that failed wrote.
type Failure struct {
	Text string
	Err  error
}

func (f *Failure) Error() string { return f.Text }
func (f *Failure) Unwrap() error { return f.Err }

// IsLocal reports whether a path names a directory rather than a version or a
// module: as with the go command, it begins with a slash, "./" or "../".
func IsLocal(path string) bool {
	slashed := filepath.ToSlash(path)
	return filepath.IsAbs(path) || path == "." || path == ".." || strings.HasPrefix(slashed, "./") || strings.HasPrefix(slashed, "../")
}

// FindModule gives the directory with a go.mod that dir is or lies in, "" when
// there is none.
func FindModule(dir string) string {
	for {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && !info.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
