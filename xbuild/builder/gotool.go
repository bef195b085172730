package builder

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// goTool runs the go command in a directory.
type goTool struct {
	dir string
	env []string // beside the process's, later ones first
}

// neutral are the settings that keep what surrounds the build out of it.
func neutral() []string {
	return []string{"GOWORK=off", "GO111MODULE=on", "GOEXPERIMENT=", "GOFIPS140=off"}
}

// flags sets the flags of every go command: how it treats go.mod, and tags.
func flags(mod string, tags []string) string {
	f := "GOFLAGS=-mod=" + mod
	if len(tags) > 0 {
		f += " -tags=" + strings.Join(tags, ",")
	}
	return f
}

// goTool gives the go command as the request wants it run.
func (r *Request) goTool(ctx context.Context, dir string) (goTool, error) {
	if err := gocmd.Need(); err != nil {
		return goTool{}, err
	}
	cgo := "CGO_ENABLED=0"
	if r.Race {
		cgo = "CGO_ENABLED=1"
	}
	mode := "mod"
	if r.Lock != nil {
		mode = "readonly"
	}
	// The go command's own directories go with the build's, however it ends.
	g := goTool{dir: dir}.with("GOTMPDIR="+dir).with(neutral()...).with(cgo, flags(mode, r.Tags)).with(r.Target.env()...)
	switch {
	case r.Vendor != "":
		g = g.with("GOPROXY=file://"+filepath.ToSlash(r.Vendor), "GOSUMDB=off", "GONOPROXY=none")
	case r.Offline:
		g = g.with("GOPROXY=off", "GOSUMDB=off", "GONOPROXY=none")
	}
	if r.Lock == nil || r.Lock.Go == "" {
		return g, nil
	}
	have, err := g.version(ctx)
	if err != nil {
		return g, err
	}
	if have != r.Lock.Go {
		g = g.with("GOTOOLCHAIN=" + r.Lock.Go)
		if got, err := g.version(ctx); err != nil || got != r.Lock.Go {
			return g, fmt.Errorf("the lock is of %s, and this is %s, which cannot get it: install %s, or choose versions anew with xbuild lock", r.Lock.Go, have, r.Lock.Go)
		}
	}
	return g, nil
}

// version gives the version of Go, such as go1.26.8.
func (g goTool) version(ctx context.Context) (string, error) {
	out, err := g.run(ctx, "env", "GOVERSION")
	return strings.TrimSpace(string(out)), err
}

// with gives the tool with more variables.
func (g goTool) with(env ...string) goTool {
	g.env = append(slices.Clone(g.env), env...)
	return g
}

// host gives the tool for programs that run here, during the build.
func (g goTool) host() goTool { return g.with("CGO_ENABLED=0").with(Host().env()...) }

// run gives the command's standard output; the error is what it wrote to
// standard error, as it names what is wrong.
func (g goTool) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := gocmd.Command(ctx, args...)
	cmd.Dir = g.dir
	cmd.Env = append(os.Environ(), g.env...)
	return gocmd.Output(cmd)
}
