package main

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/docs/generate/reference"
)

const variablesIntro = `# Log variables

In log formats and other format strings, these stand for facts of a stream (HAProxy manual section 8.2.6);
` + "`%[expression]`" + ` stands for the value of any sample expression, and ` + "`%%`" + ` for a percent sign.
Which format has which is in [operations](../operations.md#reading-a-log-line).

| Variable | Meaning | Mode |
|---|---|---|
`

// logVariables makes the page of log variables, from their table in core/expr.
func logVariables(src *reference.Source) (string, error) {
	p, err := src.Load(module.Core + "/core/expr")
	if err != nil {
		return "", err
	}
	lines := map[string]string{}
	for _, f := range p.Files {
		ast.Inspect(f, func(n ast.Node) bool {
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			lit, ok := kv.Value.(*ast.CompositeLit)
			name := literal(kv.Key)
			if !ok || name == "" {
				return true
			}
			doc, mode := "", "any"
			for _, e := range lit.Elts {
				field, ok := e.(*ast.KeyValueExpr)
				if !ok {
					continue
				}
				switch id, _ := field.Key.(*ast.Ident); {
				case id == nil:
				case id.Name == "doc":
					doc = literal(field.Value)
				case id.Name == "http":
					mode = "http"
				}
			}
			if doc != "" {
				lines[name] = fmt.Sprintf("| `%%%s` | %s | %s |\n", name, reference.Cell(doc), mode)
			}
			return true
		})
	}
	if len(lines) == 0 {
		return "", fmt.Errorf("there is no table of log variables in core/expr")
	}
	names := make([]string, 0, len(lines))
	for name := range lines {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.WriteString(variablesIntro)
	for _, name := range names {
		b.WriteString(lines[name])
	}
	return b.String(), nil
}
