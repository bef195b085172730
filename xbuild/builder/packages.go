package builder

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// standardPackages lists the import paths of the packages below modules/ that
// hold standard modules, sorted: those in modules/KIND/…, but for internal
// packages and the import lists in modules/standard. Only files for the platform count.
func standardPackages(dir string, t Target, tags []string) ([]string, error) {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled, ctx.BuildTags = t.OS, t.Arch, false, tags
	root := filepath.Join(dir, "modules")
	var out []string
	err := filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || at == root {
			return err
		}
		kind := filepath.Dir(at) == root
		switch name := d.Name(); {
		case kind && name == "standard", name == "internal", name == "testdata", name[0] == '.', name[0] == '_':
			return fs.SkipDir
		case kind:
			return nil
		}
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return fs.SkipDir // a Go module of its own
		}
		pkg, err := ctx.ImportDir(at, 0)
		var none *build.NoGoError
		switch {
		case errors.As(err, &none):
			return nil
		case err != nil:
			return err
		case len(pkg.GoFiles) == 0: // tests alone
			return nil
		}
		rel, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		out = append(out, CorePath+"/"+filepath.ToSlash(rel))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing the standard modules: %w", err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("listing the standard modules: there is none in %s", root)
	}
	slices.Sort(out)
	return out, nil
}
