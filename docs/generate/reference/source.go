package reference

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
)

// Source finds comments in packages of Go modules that lie in directories.
type Source struct {
	dirs     map[string]string // by module path
	packages map[string]*Package
}

// Package is a parsed package.
type Package struct {
	Files []*ast.File
	fset  *token.FileSet
	types map[string]*doc.Type
}

// NewSource makes a source of the modules whose directories are given by their
// paths.
func NewSource(dirs map[string]string) *Source { return &Source{dirs, map[string]*Package{}} }

// dir gives the directory of a package, "" when its module is not at hand.
func (s *Source) dir(path string) string {
	longest, dir := "", ""
	for m, at := range s.dirs {
		if (path == m || strings.HasPrefix(path, m+"/")) && len(m) > len(longest) {
			longest, dir = m, filepath.Join(at, filepath.FromSlash(strings.TrimPrefix(path, m)))
		}
	}
	return dir
}

// Load parses a package, tests apart.
func (s *Source) Load(path string) (*Package, error) {
	if p := s.packages[path]; p != nil {
		return p, nil
	}
	dir := s.dir(path)
	if dir == "" {
		return nil, fmt.Errorf("the source of package %s is not at hand", path)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	p := &Package{fset: token.NewFileSet(), types: map[string]*doc.Type{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(p.fset, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.Files = append(p.Files, f)
	}
	d, err := doc.NewFromFiles(p.fset, p.Files, path, doc.AllDecls|doc.PreserveAST)
	if err != nil {
		return nil, err
	}
	for _, t := range d.Types {
		p.types[t.Name] = t
	}
	s.packages[path] = p
	return p, nil
}

// TypeDoc gives the comment on a type.
func (s *Source) TypeDoc(t reflect.Type) (string, error) {
	p, err := s.Load(t.PkgPath())
	if err != nil {
		return "", err
	}
	d := p.types[t.Name()]
	if d == nil {
		return "", fmt.Errorf("%v has no declaration at the top level of its package", t)
	}
	return clean(d.Doc), nil
}

// Comment is the comment on a field, and the fields that it is about: those
// below it that have none of their own and no empty line before them belong to it.
type Comment struct {
	Text  string
	Names []string
}

// FieldDocs gives the comments on a struct's fields by the names of the fields;
// fields with one comment share one.
func (s *Source) FieldDocs(t reflect.Type) (map[string]*Comment, error) {
	p, err := s.Load(t.PkgPath())
	if err != nil {
		return nil, err
	}
	d := p.types[t.Name()]
	if d == nil {
		return nil, fmt.Errorf("%v has no declaration at the top level of its package", t)
	}
	st, ok := d.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
	if !ok {
		return nil, fmt.Errorf("%v is declared as something other than a struct", t)
	}
	out := map[string]*Comment{}
	var last *Comment
	lastLine := -1
	for _, f := range st.Fields.List {
		text := f.Doc.Text()
		if text == "" {
			text = f.Comment.Text()
		}
		line := p.fset.Position(f.Pos()).Line
		if text != "" || last == nil || line != lastLine+1 {
			last = &Comment{Text: clean(text)}
		}
		lastLine = p.fset.Position(f.End()).Line
		for _, n := range f.Names {
			last.Names = append(last.Names, n.Name)
			out[n.Name] = last
		}
	}
	return out, nil
}

// clean joins the lines of a comment.
func clean(text string) string { return strings.Join(strings.Fields(text), " ") }
