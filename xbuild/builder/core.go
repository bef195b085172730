package builder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// CorePath is the module path of core and the standard modules.
const CorePath = module.Core

// core is the source of core.
type core struct {
	source
	// local says that it is a directory of the user's, not a download.
	local bool
}

// findCore finds core: by want, which is a directory, a version or "". The last
// means the checkout that dir lies in or that the go.mod around it takes core
// from, or else the version that xbuild itself is of.
func findCore(ctx context.Context, want, dir string, tool goTool) (*core, error) {
	switch {
	case gocmd.IsLocal(want):
		return localCore(absolute(dir, want))
	case want != "":
		return downloadCore(ctx, want, tool)
	}
	for at := gocmd.FindModule(dir); at != ""; at = gocmd.FindModule(filepath.Dir(at)) {
		if s, err := readSource(at); err == nil && s.Path == CorePath {
			return localCore(at)
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	if at := coreOfPlugin(dir); at != "" {
		return localCore(at)
	}
	query := ownQuery()
	c, err := downloadCore(ctx, query, tool)
	if err != nil && query == latest {
		return nil, fmt.Errorf("%w\nthere is no checkout around %s, and this xbuild is of no released version: say by --core where core is, as a directory or a version", err, dir)
	}
	return c, err
}

// coreOfPlugin gives the directory by which the go.mod of a plugin around dir
// replaces core; "" when there is none.
func coreOfPlugin(dir string) string {
	at := gocmd.FindModule(dir)
	file := filepath.Join(at, "go.mod")
	text, err := os.ReadFile(file)
	if at == "" || err != nil {
		return ""
	}
	mod, err := modfile.Parse(file, text, nil)
	if err != nil {
		return ""
	}
	for _, r := range mod.Replace {
		if r.Old.Path == CorePath && gocmd.IsLocal(r.New.Path) {
			return absolute(at, r.New.Path)
		}
	}
	return ""
}

// latest asks for the newest release.
const latest = "latest"

// ownQuery gives the version of core that this program was built from, "latest"
// when it is not a release.
func ownQuery() string {
	if bi, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append([]*debug.Module{&bi.Main}, bi.Deps...) {
			if m.Path == CorePath && m.Replace == nil && semver.IsValid(m.Version) && semver.Build(m.Version) == "" && semver.Prerelease(m.Version) == "" {
				return m.Version
			}
		}
	}
	return latest
}

func localCore(dir string) (*core, error) {
	s, err := readSource(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, usagef("core: there is no go.mod in %s; give the directory of a checkout of %s, or a version", dir, CorePath)
	}
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	if s.Path != CorePath {
		return nil, usagef("core: %s is the module %s, not %s", dir, s.Path, CorePath)
	}
	return &core{*s, true}, nil
}

func downloadCore(ctx context.Context, query string, tool goTool) (*core, error) {
	d, err := download(ctx, CorePath, query, tool)
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	s, err := readSource(d.Dir)
	if err != nil {
		return nil, fmt.Errorf("core: %w", err)
	}
	s.Version = d.Version
	return &core{*s, false}, nil
}

// downloaded is what go mod download says of a module.
type downloaded struct{ Version, Dir, GoMod, Error string }

func download(ctx context.Context, path, query string, tool goTool) (*downloaded, error) {
	out, err := tool.run(ctx, "mod", "download", "-json", path+"@"+query)
	var d downloaded
	if jsonErr := json.Unmarshal(out, &d); jsonErr == nil && d.Error != "" {
		return nil, errors.New(d.Error)
	}
	if err != nil {
		return nil, err
	}
	if d.Dir == "" {
		return nil, fmt.Errorf("%s@%s: the go command names no directory for it", path, query)
	}
	return &d, nil
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}
