package builder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/internal/temp"
)

// link builds the main package, verifies the binary and puts it in its place.
func (r *Request) link(ctx context.Context, w *workspace, p *plan) (_ *Result, err error) {
	r.tell(StepLink, "linking %d modules for %s", len(p.modules), r.Target)
	if err := os.MkdirAll(filepath.Dir(r.Output), 0o755); err != nil {
		return nil, err
	}
	// Beside the output, so that the binary moves into its place at once.
	dir, err := temp.Beside(filepath.Dir(r.Output))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary := filepath.Join(dir, filepath.Base(r.Output))
	if err := r.compile(ctx, w, binary, r.Debug); err != nil {
		return nil, err
	}
	result := &Result{Output: r.Output, Target: r.Target.String(), Modules: p.modules}
	if r.Target.native() {
		r.tell(StepVerify, "verifying the modules of the binary")
		if err := verify(ctx, binary, p); err != nil {
			return nil, err
		}
		result.Verified = true
	} else {
		r.note(StepVerify, "not verified: a binary for %s does not run here; run its list-modules where it does", r.Target)
	}
	if result.SHA256, result.Size, err = fileSum(binary); err != nil {
		return nil, err
	}
	if r.Sizes {
		if result.Sizes, err = r.sizes(ctx, w, dir); err != nil {
			return nil, err
		}
		if result.ModuleSizes, err = w.moduleSizes(ctx, p, result.Sizes); err != nil {
			return nil, err
		}
	}
	return result, os.Rename(binary, r.Output)
}

// compile builds the main package into a file.
func (r *Request) compile(ctx context.Context, w *workspace, binary string, symbols bool) error {
	ldflags := r.LDFlags
	if !symbols {
		ldflags = strings.TrimSpace("-s -w " + ldflags)
	}
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=" + ldflags, "-o", binary}
	if r.PGO != "" {
		args = append(args, "-pgo="+pgoFile)
	} else {
		args = append(args, "-pgo=off")
	}
	if r.Race {
		args = append(args, "-race")
	}
	if _, err := w.tool.run(ctx, append(args, ".")...); err != nil {
		return fmt.Errorf("building the binary: %w", w.unlink(err))
	}
	return nil
}

// fileSum gives the SHA-256 and the size of a file.
func fileSum(file string) (sum string, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}

// verify runs a binary, which must list exactly the modules of the plan.
func verify(ctx context.Context, binary string, p *plan) error {
	out, err := gocmd.Output(gocmd.Program(ctx, binary, "list-modules", "--json"))
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

// Sum gives the SHA-256 of a file in hexadecimal.
func Sum(file string) (string, error) {
	sum, _, err := fileSum(file)
	return sum, err
}
