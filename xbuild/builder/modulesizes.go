package builder

import (
	"cmp"
	"context"
	"slices"
)

// ModuleSize is what modules take in a binary: those of one package, which come
// and go together.
type ModuleSize struct {
	// Modules are as kind.name.
	Modules []string `json:"modules"`
	Package string   `json:"package"`
	// Bytes are those of the package and of all that nothing else in the binary
	// needs: a build without the modules is so much smaller at least.
	Bytes int64 `json:"bytes"`
}

// moduleSizes tells what the modules of a plan take, largest first.
func (w *workspace) moduleSizes(ctx context.Context, p *plan, packages []Size) ([]ModuleSize, error) {
	deps, err := w.deps(ctx, append(slices.Clone(p.imports), CorePath+"/cmd/fairlead/cli"))
	if err != nil {
		return nil, err
	}
	return moduleSizes(p.modules, deps, packages), nil
}

// moduleSizes adds to each package with modules what it alone needs. deps gives
// what the binary's imports need, directly or not.
func moduleSizes(modules []Module, deps map[string][]string, packages []Size) []ModuleSize {
	bytes := map[string]int64{}
	for _, s := range packages {
		bytes[s.Package] = s.Bytes
	}
	needers := map[string]int{} // how many of the imports come with a package
	for name, list := range deps {
		needers[name]++
		for _, d := range list {
			needers[d]++
		}
	}
	var out []ModuleSize
	for _, m := range modules {
		if i := slices.IndexFunc(out, func(s ModuleSize) bool { return s.Package == m.Package }); i >= 0 {
			out[i].Modules = append(out[i].Modules, m.ID())
			continue
		}
		s := ModuleSize{Modules: []string{m.ID()}, Package: m.Package, Bytes: bytes[m.Package]}
		for _, d := range deps[m.Package] {
			if needers[d] == 1 {
				s.Bytes += bytes[d]
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b ModuleSize) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Package, b.Package))
	})
	return out
}
