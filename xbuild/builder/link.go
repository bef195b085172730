package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// link builds the main package, verifies the binary and puts it in its place.
func (r *Request) link(ctx context.Context, w *workspace, p *plan, result *Result) (err error) {
	r.say("linking %d modules for %s/%s", len(p.modules), r.GOOS, r.GOARCH)
	if err := os.MkdirAll(filepath.Dir(r.Output), 0o755); err != nil {
		return err
	}
	// Beside the output, so that the binary moves into its place at once.
	dir, err := os.MkdirTemp(filepath.Dir(r.Output), ".xbuild-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, filepath.Base(r.Output))
	args := []string{"build", "-trimpath", "-buildvcs=false", "-o", binary}
	if r.Race {
		args = append(args, "-race")
	}
	if _, err := w.tool.run(ctx, append(args, ".")...); err != nil {
		return fmt.Errorf("building the binary: %w", w.unlink(err))
	}
	if r.native() {
		r.say("verifying the modules of the binary")
		if err := verify(ctx, binary, p); err != nil {
			return err
		}
		result.Verified = true
	} else {
		r.say("not verified: a binary for %s/%s does not run here; run its list-modules where it does", r.GOOS, r.GOARCH)
	}
	return os.Rename(binary, r.Output)
}

// verify runs a binary, which must list exactly the modules of the plan.
func verify(ctx context.Context, binary string, p *plan) error {
	out, err := output(exec.CommandContext(ctx, binary, "list-modules", "--json"))
	if err != nil {
		return fmt.Errorf("the binary does not list its modules: %w", err)
	}
	var got []Module
	if err := json.Unmarshal(out, &got); err != nil {
		return fmt.Errorf("the binary does not list its modules: %w", err)
	}
	return compareModules(p, got)
}

// compareModules gives an error that names the differences between the plan and
// what a binary lists.
func compareModules(p *plan, got []Module) error {
	var missing, extra, wrong []string
	for _, want := range p.modules {
		i := slices.IndexFunc(got, func(m Module) bool { return m.ID() == want.ID() })
		if i < 0 {
			missing = append(missing, want.ID()+" ("+want.Package+")")
			continue
		}
		if v := p.versions[want.Module]; v != "" && got[i].Version != v {
			wrong = append(wrong, fmt.Sprintf("%s has version %s, not %s", want.ID(), got[i].Version, v))
		}
	}
	for _, m := range got {
		if !slices.ContainsFunc(p.modules, func(want Module) bool { return m.ID() == want.ID() }) {
			extra = append(extra, m.ID()+" ("+m.Package+")")
		}
	}
	var lines []string
	for _, d := range []struct {
		what string
		list []string
	}{{"missing", missing}, {"there, but not asked for", extra}, {"wrong", wrong}} {
		if len(d.list) > 0 {
			lines = append(lines, d.what+": "+strings.Join(d.list, ", "))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return fmt.Errorf("the binary does not have the modules that were asked for:\n%s", strings.Join(lines, "\n"))
}
