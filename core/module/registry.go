package module

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
)

// Core is the Go module path of this repository.
const Core = "github.com/fairleadproxy/fairlead"

// API is the version of the contract between core and modules.
const API = 1

// API1 is referenced by every plugin (var _ = module.API1), so that one that
// needs a version of the API which core has dropped fails to compile, with its name.
const API1 = 1

// Info tells what a module is and where it comes from.
type Info struct {
	Kind      string    `json:"kind"`
	Name      string    `json:"name"`
	Doc       string    `json:"doc"`
	Stability Stability `json:"-"`
	Package   string    `json:"package"` // import path
	Module    string    `json:"module"`  // path of the Go module
	Version   string    `json:"version"` // of the Go module; "(devel)" when not known
	API       int       `json:"api"`
}

// ID gives kind.name.
func (i Info) ID() string { return i.Kind + "." + i.Name }

// Registry holds modules by kind and name.
type Registry struct {
	kinds map[string]map[string]*entry
	errs  []error
	found func(id string) // of Watched; nil for none
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{kinds: map[string]map[string]*entry{}} }

// defaultRegistry is written by init functions only.
var defaultRegistry = NewRegistry()

// Default gives the registry that Register adds to.
func Default() *Registry { return defaultRegistry }

// Err gives what was wrong with registrations, all of it, or nil.
func (r *Registry) Err() error { return errors.Join(r.errs...) }

// Modules gives all modules, sorted by kind and name.
func (r *Registry) Modules() []Info {
	var out []Info
	for _, byName := range r.kinds {
		for _, e := range byName {
			i := e.info
			i.Module, i.Version = origin(i.Package)
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Kind+"\x00"+a.Name, b.Kind+"\x00"+b.Name) })
	return out
}

// Kinds gives the names of the kinds that have modules, sorted.
func (r *Registry) Kinds() []string {
	var out []string
	for k := range r.kinds {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// ConfigOf gives the entry of a module by the names of its kind and its own,
// for tools that know kinds only by name; nil when there is none.
func (r *Registry) ConfigOf(kind, name string) *Entry[any] {
	if e := r.kinds[kind][name]; e != nil {
		return &Entry[any]{e}
	}
	return nil
}

// Clone gives a copy that can be changed without changing r.
func (r *Registry) Clone() *Registry {
	c := NewRegistry()
	c.errs = slices.Clone(r.errs)
	for k, byName := range r.kinds {
		c.kinds[k] = map[string]*entry{}
		for n, e := range byName {
			c.kinds[k][n] = e
		}
	}
	return c
}

// Watched gives a copy that calls found with the ID, kind.name, of every module
// that is looked up and there: what a configuration uses is what is looked up
// while it is built.
func (r *Registry) Watched(found func(id string)) *Registry {
	c := r.Clone()
	c.found = found
	return c
}

// find gives a module; nil when there is none.
func (r *Registry) find(kind, name string) *entry {
	e := r.kinds[kind][name]
	if e != nil && r.found != nil {
		r.found(e.info.ID())
	}
	return e
}

// Exclude takes a module out by its ID, kind.name, and reports whether it was
// there. A custom build calls it before the registry is read.
func (r *Registry) Exclude(id string) bool {
	kind, name, _ := strings.Cut(id, ".")
	if r.kinds[kind][name] == nil {
		return false
	}
	delete(r.kinds[kind], name)
	return true
}

func (r *Registry) names(kind string) []string {
	var out []string
	for n := range r.kinds[kind] {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// add registers e; depth is the number of frames between it and the module's package.
func add[I any](r *Registry, k *Kind[I], name string, e *entry, depth int) {
	e.info.Kind, e.info.Name, e.info.API = k.name, name, API
	e.info.Package = callerPackage(depth + 2)
	id := e.info.ID() + " (" + e.info.Package + ")"
	switch other := r.kinds[k.name][name]; {
	case !validName(name):
		r.errs = append(r.errs, fmt.Errorf("module %s: names have lower-case letters, digits, '.', '_' and '-'", id))
	case other != nil:
		r.errs = append(r.errs, fmt.Errorf("module %s is registered already by %s", id, other.info.Package))
	case e.build == nil:
		r.errs = append(r.errs, fmt.Errorf("module %s has no New", id))
	case e.info.Doc == "":
		r.errs = append(r.errs, fmt.Errorf("module %s has no Doc", id))
	case foreign(e.info.Package) && !strings.Contains(name, "."):
		r.errs = append(r.errs, fmt.Errorf("module %s: bare names belong to %s, use vendor.%s", id, Core, name))
	default:
		if r.kinds[k.name] == nil {
			r.kinds[k.name] = map[string]*entry{}
		}
		r.kinds[k.name][name] = e
	}
}

func validName(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return name != ""
}

// foreign reports whether a package is outside this repository. Main packages
// of test binaries have no path to tell by.
func foreign(pkg string) bool {
	return pkg != "main" && pkg != "" && pkg != Core && !strings.HasPrefix(pkg, Core+"/") && !strings.HasPrefix(pkg, "command-line-arguments")
}

// callerPackage gives the import path of the package whose init function is at
// work, whatever helpers it calls, else of the function skip frames up.
func callerPackage(skip int) string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip+1, pcs[:])])
	nearest := ""
	for {
		f, more := frames.Next()
		if nearest == "" {
			nearest = packageOf(f.Function)
		}
		if pkg := packageOf(f.Function); strings.HasPrefix(f.Function[len(pkg):], ".init") {
			return strings.TrimSuffix(pkg, "_test")
		}
		if !more {
			return strings.TrimSuffix(nearest, "_test")
		}
	}
}

// packageOf gives the import path in the name of a function.
func packageOf(function string) string {
	slash := strings.LastIndexByte(function, '/')
	if dot := strings.IndexByte(function[slash+1:], '.'); dot >= 0 {
		return function[:slash+1+dot]
	}
	return function
}

// versions are those that a custom build knows of Go modules that it took from
// a directory, where the build info has none.
var versions = struct {
	sync.Mutex
	m map[string]string
}{m: map[string]string{}}

// SetVersion says which version a Go module has. xbuild's main package calls it.
func SetVersion(path, version string) {
	versions.Lock()
	defer versions.Unlock()
	versions.m[path] = version
}

// Version gives the version of a Go module in this binary, "(devel)" when it is
// not known.
func Version(path string) string {
	_, v := origin(path)
	return v
}

// origin gives the Go module that a package belongs to, and its version.
func origin(pkg string) (path, version string) {
	path, version = Core, "(devel)"
	longest := 0
	consider := func(m *debug.Module) {
		if (pkg == m.Path || strings.HasPrefix(pkg, m.Path+"/")) && len(m.Path) > longest {
			longest, path, version = len(m.Path), m.Path, m.Version
		}
	}
	if bi, ok := debug.ReadBuildInfo(); ok {
		consider(&bi.Main)
		for _, d := range bi.Deps {
			consider(d)
		}
	}
	versions.Lock()
	defer versions.Unlock()
	if v := versions.m[path]; v != "" {
		version = v
	}
	if version == "" || version == "v0.0.0" {
		version = "(devel)"
	}
	return path, version
}
