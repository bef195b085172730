package builder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// release is a release's heading in a changelog, as Keep a Changelog has it.
var release = regexp.MustCompile(`(?m)^##\s+\[?v?([0-9][0-9A-Za-z.+-]*)`)

// OwnVersion gives the version that a Go module's directory says it has, which
// Go itself knows of downloaded modules only: the first line of the file VERSION,
// or else the newest release in CHANGELOG.md, as v1.2.3; "" when there is neither.
func OwnVersion(dir string) (string, error) {
	for _, source := range []struct {
		file string
		find func(text string) string
	}{
		{"VERSION", func(text string) string { line, _, _ := strings.Cut(text, "\n"); return strings.TrimSpace(line) }},
		{"CHANGELOG.md", func(text string) string {
			if m := release.FindStringSubmatch(text); m != nil {
				return m[1]
			}
			return ""
		}},
	} {
		file := filepath.Join(dir, source.file)
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		v := source.find(string(text))
		if v == "" {
			continue
		}
		v = "v" + strings.TrimPrefix(v, "v")
		if !semver.IsValid(v) {
			return "", fmt.Errorf("%s: %q is not a version; write one such as 1.2.3", file, strings.TrimPrefix(v, "v"))
		}
		return v, nil
	}
	return "", nil
}

// source is a Go module in a directory.
type source struct {
	Dir     string // absolute
	Path    string // module path
	Version string // its own, "" when it says none
	Go      string // its go directive
	// Requires are the versions of Go modules that it requires at least, by path.
	Requires map[string]string
}

// readSource reads what the module in a directory says of itself.
func readSource(dir string) (*source, error) {
	file := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	mod, err := modfile.ParseLax(file, text, nil)
	if err != nil {
		return nil, err
	}
	if mod.Module == nil {
		return nil, fmt.Errorf("%s has no module line", file)
	}
	s := &source{Dir: dir, Path: mod.Module.Mod.Path, Requires: map[string]string{}}
	if mod.Go != nil {
		s.Go = mod.Go.Version
	}
	for _, r := range mod.Require {
		s.Requires[r.Mod.Path] = r.Mod.Version
	}
	s.Version, err = OwnVersion(dir)
	return s, err
}

// required gives the version to require the module at: its own where its path
// allows that, else zero of the path's major version.
func (s *source) required() string {
	_, major, _ := module.SplitPathVersion(s.Path)
	if s.Version != "" && semver.Build(s.Version) == "" && module.CheckPathMajor(s.Version, major) == nil {
		return semver.Canonical(s.Version)
	}
	if major == "" {
		return "v0.0.0"
	}
	return module.PathMajorPrefix(major) + ".0.0"
}
