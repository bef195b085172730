package builder

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// importable refuses plugins that are no package to import: a directory without
// code for the platform, or a program. The error says which package to name, or
// why its files do not count.
func (r *Request) importable(p *Plugin) error {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled, ctx.BuildTags = r.Target.OS, r.Target.Arch, r.Race, r.Tags
	dir := filepath.Join(p.root(), filepath.FromSlash(strings.TrimPrefix(p.Package, p.Module)))
	const instead = "; name the package that calls module.Register"
	pkg, err := ctx.ImportDir(dir, 0)
	var none *build.NoGoError
	switch {
	case err == nil && pkg.IsCommand():
		err = errors.New("it is a program (package main)" + instead)
	case err == nil || errors.Is(err, fs.ErrNotExist) || !errors.As(err, &none):
		return nil // the go command knows better what is wrong
	default:
		err = noCode(ctx, dir, instead)
	}
	return &PluginError{Plugin: p.Package, Step: "take part", Err: err}
}

// noCode says why a directory has no code for a build.
func noCode(ctx build.Context, dir, instead string) error {
	target := ctx.GOOS + "/" + ctx.GOARCH
	ctx.CgoEnabled = true
	if pkg, err := ctx.ImportDir(dir, 0); err == nil && len(pkg.CgoFiles) > 0 {
		return errors.New("it needs C, and binaries are built without; ask its author for a version in Go alone")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	if err != nil || len(names) == 0 {
		return fmt.Errorf("there is no Go code in %s%s", dir, instead)
	}
	return fmt.Errorf("none of its files in %s is for %s: see their names and the lines //go:build", dir, target)
}
