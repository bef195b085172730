package manifest

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
)

// Versions gives the parts that come from a proxy and the versions that the
// manifest asks of them: plugins by their import paths, core as "core".
func (m *Manifest) Versions() map[string]string {
	out := map[string]string{}
	for name, at := range m.versionTexts() {
		out[name] = at.Value
	}
	return out
}

func (m *Manifest) versionTexts() map[string]tree.Text {
	out := map[string]tree.Text{}
	if !m.Core.IsZero() && !gocmd.IsLocal(m.Core.Value) {
		out["core"] = m.Core
	}
	for name, p := range m.Plugins.All() {
		if !p.Version.IsZero() && p.Path.IsZero() && p.Replace.IsZero() {
			out[name] = p.Version
		}
	}
	return out
}

// Update gives the manifest's text with other versions, by the names that
// Versions uses; all else stays as it is, comments too.
func (m *Manifest) Update(versions map[string]string) ([]byte, error) {
	lines := bytes.SplitAfter(m.text, []byte("\n"))
	texts := m.versionTexts()
	names := make([]string, 0, len(texts))
	for name := range texts {
		names = append(names, name)
	}
	// From the end of the file, so that columns of one line stay right.
	slices.SortFunc(names, func(a, b string) int {
		p, q := texts[a].Pos, texts[b].Pos
		if p.Line != q.Line {
			return q.Line - p.Line
		}
		return q.Col - p.Col
	})
	for _, name := range names {
		at, version := texts[name], versions[name]
		if version == "" || version == at.Value {
			continue
		}
		line := []rune(string(lines[at.Pos.Line-1]))
		from := string(line[:at.Pos.Col-1])
		rest := string(line[at.Pos.Col-1:])
		old := rest[:1] + at.Value + rest[:1]
		if !strings.HasPrefix(rest, old) {
			return nil, fmt.Errorf("%s: the version of %s is not written plainly; change it to %q by hand", at.Pos, name, version)
		}
		lines[at.Pos.Line-1] = []byte(from + rest[:1] + version + rest[:1] + strings.TrimPrefix(rest, old))
	}
	return bytes.Join(lines, nil), nil
}

// Save writes a manifest's text, by way of a file beside it.
func Save(file string, text []byte) error {
	beside := file + ".new"
	if err := os.WriteFile(beside, text, 0o644); err != nil {
		return err
	}
	return os.Rename(beside, file)
}
