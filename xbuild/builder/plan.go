package builder

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Module is a module that a package registers.
type Module struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Package string `json:"package"` // import path
	Module  string `json:"module"`  // path of the Go module
	Version string `json:"version"` // of the Go module
}

// ID gives kind.name.
func (m Module) ID() string { return m.Kind + "." + m.Name }

// checkIDs refuses what cannot be the ID of a module.
func checkIDs(flag string, list []string) error {
	var errs []error
	for _, id := range list {
		if kind, name, ok := strings.Cut(id, "."); !ok || kind == "" || name == "" {
			errs = append(errs, usagef("%s %s: a module is written kind.name, such as protocol.mptcp", flag, id))
		}
	}
	return errors.Join(errs...)
}

// checkKnown refuses what is not the ID of a module of the catalogue.
func checkKnown(flag string, list []string, catalogue []Module) error {
	var ids []string
	for _, m := range catalogue {
		ids = append(ids, m.ID())
	}
	var unknown []string
	for _, id := range list {
		if slices.Contains(ids, id) {
			continue
		}
		text := fmt.Sprintf("%s %s: there is no such module", flag, id)
		if near := suggest(id, ids); near != "" {
			text += fmt.Sprintf("; did you mean %s?", near)
		} else if kind, _, _ := strings.Cut(id, "."); len(ofKind(kind, ids)) > 0 {
			text += fmt.Sprintf("; those of its kind are %s", strings.Join(ofKind(kind, ids), ", "))
		} else {
			text += "; list them with: xbuild list"
		}
		unknown = append(unknown, text)
	}
	if len(unknown) > 0 {
		return usagef("%s", strings.Join(unknown, "\n"))
	}
	return nil
}

// suggest gives the ID that was probably meant: one whose name is near in the
// same kind, or the same name in a kind that is near; "" when there is none.
func suggest(id string, ids []string) string {
	kind, name, _ := strings.Cut(id, ".")
	if near := module.Suggest(name, ofKind(kind, ids)); near != "" {
		return kind + "." + near
	}
	var kinds []string
	for _, other := range ids {
		if k, n, _ := strings.Cut(other, "."); n == name {
			kinds = append(kinds, k)
		}
	}
	if near := module.Suggest(kind, kinds); near != "" {
		return near + "." + name
	}
	return ""
}

// ofKind gives the names of the modules of a kind.
func ofKind(kind string, ids []string) []string {
	var names []string
	for _, id := range ids {
		if k, n, _ := strings.Cut(id, "."); k == kind {
			names = append(names, n)
		}
	}
	return names
}

// makePlan takes the excluded modules out. A package whose modules are all
// excluded is not imported; those of its modules that come in all the same, since
// another package needs it, are taken out of the registry, as are the others.
// deps gives the packages that each package imports, directly or not.
func makePlan(packages, without []string, catalogue []Module, deps map[string][]string) *plan {
	p := &plan{}
	remaining, total := map[string]int{}, map[string]int{}
	for _, m := range catalogue {
		total[m.Package]++
		if !slices.Contains(without, m.ID()) {
			remaining[m.Package]++
			p.modules = append(p.modules, m)
		}
	}
	// Packages that register what others hand them cannot be told apart by
	// their callers, so these stay.
	registers := func(helper string) bool { return remaining[helper] > 0 && !slices.Contains(packages, helper) }
	for _, pkg := range packages {
		if total[pkg] == 0 || remaining[pkg] > 0 || slices.ContainsFunc(deps[pkg], registers) {
			p.imports = append(p.imports, pkg)
		}
	}
	reached := slices.Clone(p.imports)
	for _, pkg := range p.imports {
		reached = append(reached, deps[pkg]...)
	}
	for _, m := range catalogue {
		if slices.Contains(without, m.ID()) && slices.Contains(reached, m.Package) {
			p.exclude = append(p.exclude, m.ID())
		}
	}
	return p
}
