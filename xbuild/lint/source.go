package lint

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// source are the Go files of the plugin's directory.
type source struct {
	fset  *token.FileSet
	names []string
	files []*ast.File // parallel to names
}

func readSource(dir string) (*source, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	s := &source{fset: token.NewFileSet()}
	for _, name := range names {
		f, err := parser.ParseFile(s.fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if f == nil {
			return nil, err
		}
		// What is wrong with it, the compiler says.
		s.names, s.files = append(s.names, name), append(s.files, f)
	}
	return s, nil
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }

// each visits the nodes of the files, tests or others.
func (s *source) each(tests bool, visit func(file string, n ast.Node)) {
	for i, f := range s.files {
		if isTest(s.names[i]) == tests {
			ast.Inspect(f, func(n ast.Node) bool {
				if n != nil {
					visit(s.names[i], n)
				}
				return true
			})
		}
	}
}

func (s *source) line(n ast.Node) int { return s.fset.Position(n.Pos()).Line }

// literal finds where the name of a module, given as kind.name, is written.
func (s *source) literal(id string) (file string, line int) {
	_, name, _ := strings.Cut(id, ".")
	s.each(false, func(f string, n ast.Node) {
		if lit, ok := n.(*ast.BasicLit); ok && line == 0 && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && text == name {
				file, line = f, s.line(lit)
			}
		}
	})
	return file, line
}

// uses reports whether a name of a package, such as module.API1, is used.
func (s *source) uses(tests bool, pkg, name string) bool {
	found := false
	s.each(tests, func(_ string, n ast.Node) {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != name {
			return
		}
		id, ok := sel.X.(*ast.Ident)
		found = found || ok && id.Name == pkg
	})
	return found
}

// apiReference looks for the reference to the version of core's API.
func (c *checked) apiReference() {
	name := "API" + strconv.Itoa(module.API)
	if !c.source.uses(false, "module", name) {
		file := ""
		if len(c.source.names) > 0 {
			file = c.source.names[0]
		}
		c.at("api", Error, file, 0, "write: var _ = module."+name, "nothing refers to module.%s, by which a core without that API refuses the plugin", name)
	}
}

// hasDefault finds the sentence on a setting's default.
var hasDefault = regexp.MustCompile(`(^|[.;] )Default:? |(^|[.] )Required\.`)

// comments looks whether each setting is described. Settings below one another
// may share a comment.
func (c *checked) comments() {
	c.source.each(false, func(file string, n ast.Node) {
		st, ok := n.(*ast.StructType)
		if !ok {
			return
		}
		text, last := "", -1
		for _, f := range st.Fields.List {
			own := strings.Join(strings.Fields(f.Doc.Text()+" "+f.Comment.Text()), " ")
			if own != "" || c.source.line(f) != last+1 {
				text = own
			}
			last = c.source.fset.Position(f.End()).Line
			tag, ok := setting(f)
			if !ok {
				continue
			}
			key, options, _ := strings.Cut(tag, ",")
			switch {
			case text == "":
				c.at("comment", Error, file, c.source.line(f), "write a sentence with its unit and default, for users", "the setting %s has no comment", key)
			case !hasDefault.MatchString(text) && !strings.Contains(options, "required"):
				c.at("comment", Warning, file, c.source.line(f), `end it in a sentence such as "Default 10s." or "Default: none."`, "the comment on %s does not tell its default", key)
			}
		}
	})
}

// setting gives the toml tag of a field that is decoded.
func setting(f *ast.Field) (tag string, ok bool) {
	if f.Tag == nil || len(f.Names) == 0 || !f.Names[0].IsExported() {
		return "", false
	}
	text, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return "", false
	}
	tag, ok = reflect.StructTag(text).Lookup("toml")
	return tag, ok && tag != "-" && tag != ""
}

// format looks whether gofmt would change a file.
func (c *checked) format() {
	for _, name := range c.source.names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		if good, err := format.Source(text); err == nil && !bytes.Equal(good, text) {
			c.at("format", Error, name, 0, "run gofmt -w "+filepath.Base(name), "it is not formatted")
		}
	}
}
