package builder

import (
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/system"
)

// presets gives the names of core's lists of standard modules.
func presets(coreDir string) []string {
	entries, err := os.ReadDir(filepath.Join(coreDir, "modules", "standard"))
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// presetPackages gives the packages that a list of standard modules imports,
// directly or by another list.
func presetPackages(coreDir, name string) (map[string]bool, error) {
	if !slices.Contains(presets(coreDir), name) {
		return nil, usagef("--preset %s: there is no such preset; there are %s", name, strings.Join(presets(coreDir), ", "))
	}
	out := map[string]bool{}
	err := addPreset(coreDir, name, out)
	return out, err
}

func addPreset(coreDir, name string, out map[string]bool) error {
	const lists = CorePath + "/modules/standard/"
	files, err := filepath.Glob(filepath.Join(coreDir, "modules", "standard", name, "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if list, ok := strings.CutPrefix(path, lists); !ok {
				out[path] = true
			} else if err := addPreset(coreDir, list, out); err != nil {
				return err
			}
		}
	}
	return nil
}

// leftOut gives the modules of the catalogue that the binary will not have: those
// asked to be left out, those that the target's system lacks, and standard ones
// that neither the preset, or the configurations, nor Include name.
func (r *Request) leftOut(w *workspace, catalogue []Module, used []string) ([]string, error) {
	preset, err := presetPackages(w.core.Dir, r.preset())
	if err != nil {
		return nil, err
	}
	if err := checkKnown("the binary's module", r.only, catalogue); err != nil {
		return nil, err
	}
	out := slices.Clone(r.Without)
	var lacking []string
	for _, m := range catalogue {
		if needs := module.Needs(m.ID()); needs != "" && !system.Has(needs, r.Target.OS) {
			switch text := fmt.Sprintf("%s needs %s, and the build is for %s", m.ID(), system.Names(needs), r.Target); {
			case slices.Contains(r.Include, m.ID()):
				return nil, usagef("--include %s: leave it out", text)
			case len(r.For) > 0 && slices.Contains(used, m.ID()):
				return nil, usagef("--for: a configuration uses %s", text)
			}
			lacking = append(lacking, m.ID())
			continue
		}
		wanted := preset[m.Package] || !w.standard(m)
		if r.only != nil {
			wanted = slices.Contains(r.only, m.ID()) || !w.standard(m)
		} else if len(r.For) > 0 {
			wanted = slices.Contains(used, m.ID()) || !w.standard(m)
		}
		if !wanted && !slices.Contains(r.Include, m.ID()) && !slices.Contains(out, m.ID()) {
			out = append(out, m.ID())
		}
	}
	for _, id := range lacking {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	if len(lacking) > 0 {
		r.note(StepCatalogue, "%s has no %s: left out", r.Target, strings.Join(lacking, ", "))
	}
	return out, nil
}

// standard reports whether a module is one of core's, not a plugin's.
func (w *workspace) standard(m Module) bool {
	if !within(m.Package, CorePath+"/modules") {
		return false
	}
	return !slices.ContainsFunc(w.plugins, func(p *Plugin) bool { return within(m.Package, p.Package) })
}
