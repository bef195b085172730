package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// source finds comments in the packages of the repository.
type source struct {
	root     string
	packages map[string]*pkg
}

// pkg is a parsed package.
type pkg struct {
	fset  *token.FileSet
	files []*ast.File
	types map[string]*doc.Type
}

func newSource(root string) *source { return &source{root, map[string]*pkg{}} }

// load parses a package of the repository, tests apart.
func (s *source) load(path string) (*pkg, error) {
	if p := s.packages[path]; p != nil {
		return p, nil
	}
	rel, ok := strings.CutPrefix(path, module.Core)
	if !ok {
		return nil, fmt.Errorf("package %s is not in this repository", path)
	}
	names, err := filepath.Glob(filepath.Join(s.root, filepath.FromSlash(rel), "*.go"))
	if err != nil {
		return nil, err
	}
	p := &pkg{fset: token.NewFileSet(), types: map[string]*doc.Type{}}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(p.fset, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	d, err := doc.NewFromFiles(p.fset, p.files, path, doc.AllDecls|doc.PreserveAST)
	if err != nil {
		return nil, err
	}
	for _, t := range d.Types {
		p.types[t.Name] = t
	}
	s.packages[path] = p
	return p, nil
}

// typeDoc gives the comment on a type.
func (s *source) typeDoc(t reflect.Type) (string, error) {
	p, err := s.load(t.PkgPath())
	if err != nil {
		return "", err
	}
	d := p.types[t.Name()]
	if d == nil {
		return "", fmt.Errorf("%v has no declaration at the top level of its package", t)
	}
	return clean(d.Doc), nil
}

// comment is the comment on a field, and the fields that it is about: those
// below it that have none of their own and no empty line before them belong to it.
type comment struct {
	text  string
	names []string
}

// fieldDocs gives the comments on a struct's fields by the names of the fields;
// fields with one comment share one.
func (s *source) fieldDocs(t reflect.Type) (map[string]*comment, error) {
	p, err := s.load(t.PkgPath())
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
	out := map[string]*comment{}
	var last *comment
	lastLine := -1
	for _, f := range st.Fields.List {
		text := f.Doc.Text()
		if text == "" {
			text = f.Comment.Text()
		}
		line := p.fset.Position(f.Pos()).Line
		if text != "" || last == nil || line != lastLine+1 {
			last = &comment{text: clean(text)}
		}
		lastLine = p.fset.Position(f.End()).Line
		for _, n := range f.Names {
			last.names = append(last.names, n.Name)
			out[n.Name] = last
		}
	}
	return out, nil
}

// clean joins the lines of a comment.
func clean(text string) string { return strings.Join(strings.Fields(text), " ") }
