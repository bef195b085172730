package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"reflect"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/docs/generate/reference"
)

// optionTexts say what those options do that are more than a switch, and those
// that are switched on here and set elsewhere.
var optionTexts = map[string]string{
	"abortonclose":      "a client that closes its half of the connection has left: its TLS handshake is not begun, its request no more waits in a queue or for the connection to a server, and a server that has it is told; this is the default for handshakes, and in backends with `mode = \"http\"`",
	"clf":               "log lines in the format `clf`",
	"httplog":           "log lines in the format `httplog`",
	"httpslog":          "log lines in the format `httpslog`",
	"tcplog":            "log lines in the format `tcplog`",
	"forwardfor":        "the same as `forwardfor = true`",
	"forwarded":         "the same as `forwarded = true`",
	"originalto":        "the same as `originalto = true`",
	"http-keep-alive":   "connections stay open on both sides for further requests; this is the default",
	"http-server-close": "the server's connection is closed after each response, the client's stays open",
	"httpclose":         "both connections are closed after each response",
	"redispatch":        "a retry may go to another server: the last one, with N every Nth, with -N the last N",
}

// writeOptions writes the table of options, which is that of the code.
func writeOptions(b *strings.Builder, src *reference.Source) error {
	t := reflect.TypeFor[config.Options]()
	docs, err := src.FieldDocs(t)
	if err != nil {
		return err
	}
	p, err := src.Load(t.PkgPath())
	if err != nil {
		return err
	}
	list := optionLiterals(p.Files)
	if len(list) == 0 {
		return fmt.Errorf("there is no table of options in %s", t.PkgPath())
	}
	b.WriteString("| Option | Sections | Argument | Meaning |\n|---|---|---|---|\n")
	for _, o := range list {
		text := optionTexts[o.name]
		if text == "" && docs[o.field] != nil {
			text = docs[o.field].Text
		}
		if text == "" {
			return fmt.Errorf("nothing says what option %s does", o.name)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", o.name, o.side, o.args, reference.Cell(text))
	}
	b.WriteString("\n")
	return nil
}

// optionLiteral is what the table of core/config/options.go says of one.
type optionLiteral struct {
	name, side, args string
	field            string // of config.Options, for a switch
}

var sides = map[string]string{"front": "frontend", "back": "backend", "both": "frontend, backend"}

// optionLiterals finds the table: the composite literals with a key "side".
func optionLiterals(files []*ast.File) (out []optionLiteral) {
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			var o optionLiteral
			for _, e := range lit.Elts {
				kv, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				key, ok := kv.Key.(*ast.Ident)
				if !ok {
					continue
				}
				switch key.Name {
				case "name":
					o.name = literal(kv.Value)
				case "side":
					if id, ok := kv.Value.(*ast.Ident); ok {
						o.side = sides[id.Name]
					}
				case "args":
					o.args = literal(kv.Value)
				case "flag":
					o.field = lastField(kv.Value)
				}
			}
			if o.side != "" {
				out = append(out, o)
			}
			return true
		})
	}
	return out
}

// literal gives the value of a string literal, "" for anything else.
func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// lastField gives the field that a function such as
// func(o *Options) *bool { return &o.Persist } is about.
func lastField(e ast.Expr) (name string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			name = sel.Sel.Name
		}
		return true
	})
	return name
}
