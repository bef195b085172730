package main

import (
	"context"
	"os/exec"
	"strings"
	"testing"
)

func TestCommandLine(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not in PATH")
	}
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"version", 0, "\n", ""},
		{"--version", 0, "\n", ""},
		{"", 0, "Available Commands", ""},
		{"help build", 0, "--without KIND.NAME", ""},
		{"frob", 2, "", `there is no command "frob"; see "xbuild --help"`},
		{"biuld", 2, "", `did you mean "build"?`},
		{"build --frob", 2, "", `see "xbuild build --help"`},
		{"build ./plugins/ewma", 2, "", `"./plugins/ewma" is not expected`},
		{"list --with", 2, "", "needs an argument"},
		{"build --without tcp", 2, "", "a module is written kind.name"},
		{"build --with ./no/such/plugin", 2, "", "no such directory"},
		{"build --core ./no/such/core", 2, "", "there is no go.mod in"},
		{"build -o .", 2, "", "it is a directory"},
	} {
		var stdout, stderr strings.Builder
		code := run(context.Background(), strings.Fields(c.args), &stdout, &stderr)
		if code != c.code || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("xbuild %s: exit status %d, want %d\nstdout: %s\nwant: %s\nstderr: %s\nwant: %s",
				c.args, code, c.code, &stdout, c.stdout, &stderr, c.stderr)
		}
		if c.code != 0 && stdout.Len() > 0 {
			t.Errorf("xbuild %s: an error, and yet a result: %s", c.args, &stdout)
		}
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr strings.Builder
	code := run(ctx, []string{"list"}, &stdout, &stderr)
	if code != exitFailed || !strings.Contains(stderr.String(), "error: interrupted") {
		t.Errorf("exit status %d, stderr %s", code, &stderr)
	}
}
