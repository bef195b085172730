package builder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// goTool runs the go command in a directory.
type goTool struct {
	dir string
	env []string // beside the process's
}

// neutral are the settings that keep what surrounds the build out of it.
var neutral = []string{"GOWORK=off", "GOFLAGS=-mod=mod", "GO111MODULE=on"}

// with gives the tool with more variables.
func (g goTool) with(env ...string) goTool {
	g.env = append(append([]string(nil), g.env...), env...)
	return g
}

// run gives the command's standard output; the error is what it wrote to
// standard error, as it names what is wrong.
func (g goTool) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = g.dir
	cmd.Env = append(append(os.Environ(), neutral...), g.env...)
	return output(cmd)
}

func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("the go command is needed to build: install Go (https://go.dev/dl/) and put it in PATH: %w", err)
	}
	text := strings.TrimSpace(stderr.String())
	if text == "" {
		text = strings.TrimSpace(stdout.String())
	}
	if text == "" {
		return stdout.Bytes(), err
	}
	return stdout.Bytes(), &commandError{text, err}
}

// commandError is what a command that failed wrote.
type commandError struct {
	text string
	err  error
}

func (e *commandError) Error() string { return e.text }
func (e *commandError) Unwrap() error { return e.err }
