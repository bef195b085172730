package workbench

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// Module is a module that the plugin registers.
type Module struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Doc  string `json:"doc"`
	// Record says that it has no configuration.
	Record bool `json:"record"`
	// Default says that it can be made without any configuration.
	Default bool `json:"default"`
}

// ID gives kind.name.
func (m Module) ID() string { return m.Kind + "." + m.Name }

// Report is what importing the plugin does.
type Report struct {
	// Modules are those that it registers, sorted.
	Modules []Module `json:"modules"`
	// Errors are what is wrong with registrations.
	Errors []string `json:"errors"`
	// Goroutines are the stacks of those that run before main begins.
	Goroutines []string `json:"goroutines"`
	// Descriptors are what is open before main begins.
	Descriptors []string `json:"descriptors"`
	// Page is the plugin's page of reference, Undocumented what it lacks.
	Page         string   `json:"page"`
	Undocumented []string `json:"undocumented"`

	// Files were made in the current and the temporary directory.
	Files []string `json:"-"`
	// Output was written before main began.
	Output string `json:"-"`
}

// IDs gives the modules as kind.name, sorted.
func (r *Report) IDs() []string {
	out := make([]string, len(r.Modules))
	for i, m := range r.Modules {
		out[i] = m.ID()
	}
	slices.Sort(out)
	return out
}

//go:embed probe.go.txt
var probeText string

// mark parts what the probe tells from what the plugin wrote before.
const mark = "\n-- the probe --\n"

// Probe builds a program that imports the plugin, and runs it.
func (b *Bench) Probe(ctx context.Context) (*Report, error) {
	text := strings.NewReplacer("PLUGIN", b.Package, "MARK", mark).Replace(probeText)
	program := filepath.Join(b.temp, "probe.exe") // so that Windows runs it
	if err := b.run(ctx, map[string]string{"xbuild-probe/main.go": text}, "build", "-ldflags=-s -w", "-o", program, "./xbuild-probe"); err != nil {
		return nil, err
	}
	where := filepath.Join(b.temp, "empty")
	if err := os.MkdirAll(where, 0o755); err != nil {
		return nil, err
	}
	coreDir, err := b.CoreDir(ctx)
	if err != nil {
		return nil, err
	}
	cmd := gocmd.Program(ctx, program, b.Module, b.Root, coreDir)
	cmd.Dir = where
	cmd.Env = append(os.Environ(), "TMPDIR="+where, "HOME="+where)
	out, err := gocmd.Output(cmd)
	if err != nil {
		return nil, fmt.Errorf("importing the plugin: %w", err)
	}
	before, told, ok := strings.Cut(string(out), mark)
	if !ok {
		return nil, errors.New("importing the plugin ends the program: init must only register")
	}
	r := &Report{Output: before}
	if err := json.Unmarshal([]byte(told), r); err != nil {
		return nil, fmt.Errorf("the probe: %w", err)
	}
	list, err := os.ReadDir(where)
	for _, f := range list {
		r.Files = append(r.Files, f.Name())
	}
	return r, err
}

// CoreDir gives the directory of core's source.
func (b *Bench) CoreDir(ctx context.Context) (string, error) {
	if b.Core != "" {
		return b.Core, nil
	}
	cmd, err := b.command(ctx, nil, "list", "-m", "-f", "{{.Dir}}", "github.com/fairleadproxy/fairlead")
	if err != nil {
		return "", err
	}
	out, err := gocmd.Output(cmd)
	return strings.TrimSpace(string(out)), err
}
