package workbench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// command is the go command in the plugin's module; files are laid over it, by
// their names relative to the module's directory.
func (b *Bench) command(ctx context.Context, files map[string]string, verb string, args ...string) (*exec.Cmd, error) {
	over := struct{ Replace map[string]string }{map[string]string{}}
	n := 0
	for name, text := range files {
		n++
		from := fmt.Sprintf("file%d.go", n)
		if err := b.write(from, []byte(text)); err != nil {
			return nil, err
		}
		over.Replace[filepath.Join(b.Root, filepath.FromSlash(name))] = filepath.Join(b.temp, from)
	}
	text, err := json.Marshal(over)
	if err != nil {
		return nil, err
	}
	if err := b.write("overlay.json", text); err != nil {
		return nil, err
	}
	args = append([]string{verb, "-modfile=" + filepath.Join(b.temp, "go.mod"), "-mod=mod", "-overlay=" + filepath.Join(b.temp, "overlay.json")}, args...)
	cmd := gocmd.Command(ctx, args...)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(), "GOTMPDIR="+b.temp, "GOWORK=off", "GOFLAGS=", "GO111MODULE=on")
	return cmd, nil
}

// run runs the go command; its error is what it wrote.
func (b *Bench) run(ctx context.Context, files map[string]string, verb string, args ...string) error {
	cmd, err := b.command(ctx, files, verb, args...)
	if err != nil {
		return err
	}
	_, err = gocmd.Output(cmd)
	return err
}

// Vet runs go vet. Its findings are a *Failure, a line for each.
func (b *Bench) Vet(ctx context.Context) error { return b.run(ctx, nil, "vet", "./...") }
