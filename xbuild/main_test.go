package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func TestCommandLine(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		if os.Getenv("FAIRLEAD_TEST_ALL") == "1" {
			t.Fatal("the go command is not in PATH")
		}
		t.Skip("the go command is not in PATH")
	}
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"version", 0, "\n", ""},
		{"version --json", 0, `"version": "`, ""},
		{"--version", 0, "\n", ""},
		{"", 0, "Available Commands", ""},
		{"help build", 0, "--without KIND.NAME", ""},
		{"new balancer", 2, "", "new needs a kind and a path"},
		{"new balancr ./no/such", 2, "", `did you mean "balancer"?`},
		{"lint ./no/such", 2, "", "there is no directory"},
		{"test a b", 2, "", `"b" is not expected`},
		{"run frob", 2, "", "stand behind --"},
		{"frob", 2, "", `there is no command "frob"; see "xbuild --help"`},
		{"biuld", 2, "", `did you mean "build"?`},
		{"build --frob", 2, "", `see "xbuild build --help"`},
		{"build ./plugins/ewma", 2, "", `"./plugins/ewma" is not expected`},
		{"list --with", 2, "", "needs an argument"},
		{"build --without tcp", 2, "", "a module is written kind.name"},
		{"build --with ./no/such/plugin", 2, "", "no such directory"},
		{"build --with no-such-plugin --core v9.9.9 --offline", 2, "", `"no-such-plugin" is not a module path`},
		{"build --preset tpc", 2, "", "there is no such preset; there are "},
		{"clean ./no/such", 2, "", "there is no directory"},
		{"lock --locked", 2, "", "unknown flag"},
		{"diff --output x a", 2, "", "unknown flag"},
		{"verify ./no/such", 2, "", "no such file"},
		{"build --core ./no/such/core", 2, "", "there is no go.mod in"},
		{"build -o .", 2, "", "it is a directory"},
		{"build --target linux", 2, "", "write OS/ARCH"},
		{"build --preset tcp --for lb.toml", 2, "", "write one of them"},
		{"build --manifest no.toml", 2, "", "no.toml"},
		{"build --include a.b --without a.b", 2, "", "both included and left out"},
		{"build --replace example.com/a", 2, "", "write MODULE=DIRECTORY"},
		{"build --embed no.toml", 2, "", "there is no such file"},
		{"build --vendor .", 2, "", "no directory that xbuild vendor wrote"},
		{"check --locked", 2, "", "there is no"},
		{"upgrade", 2, "", "there is no xbuild.toml here"},
		{"verify", 2, "", "name the binary"},
		{"verify main_test.go", 1, "", "carries no recipe"},
		{"diff main_test.go", 1, "", "is no binary of Fairlead"},
		{"sbom a b", 2, "", "name one binary, or none"},
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

// The document tells of every command, and of every flag of build.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "xbuild.md"))
	if err != nil {
		t.Fatal(err)
	}
	root := newRoot()
	for _, c := range root.Commands() {
		if !strings.Contains(string(text), "`"+c.Name()) {
			t.Errorf("docs/xbuild.md does not tell of the command %s", c.Name())
		}
		if c.Name() == "build" {
			c.Flags().VisitAll(func(f *pflag.Flag) {
				if !strings.Contains(string(text), "`--"+f.Name) && !strings.Contains(string(text), " `--"+f.Name) {
					t.Errorf("docs/xbuild.md does not tell of --%s", f.Name)
				}
			})
		}
	}
}

// With --json an error is an object, for programs to tell what it is.
func TestErrorAsJSON(t *testing.T) {
	for _, c := range []struct{ args, kind string }{
		{"build --json --target linux", "usage"},
		{"verify --json main_test.go", "failed"},
	} {
		var stdout, stderr strings.Builder
		run(context.Background(), strings.Fields(c.args), &stdout, &stderr)
		var got errorJSON
		if err := json.Unmarshal([]byte(stdout.String()), &got); err != nil || got.Error.Kind != c.kind || got.Error.Message == "" {
			t.Errorf("%s: error %v, stdout %s", c.args, err, &stdout)
		}
	}
}

// Every command tells how it is used, and can give JSON, as programs read it.
func TestCommands(t *testing.T) {
	for _, c := range newRoot().Commands() {
		if c.Name() == "help" || c.Name() == "completion" {
			continue
		}
		if c.Flags().Lookup("json") == nil && c.Name() != "sbom" {
			t.Errorf("%s has no --json", c.Name())
		}
		if c.Example == "" && c.Name() != "version" {
			t.Errorf("%s shows no example", c.Name())
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
