package lint

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// sideEffects looks at what importing the plugin does beside registering.
func (c *checked) sideEffects() {
	const hint = "do it in Prepare or Start: init must only register, since the plugin may not even be used"
	r := c.report
	for _, g := range r.Goroutines {
		_, where, _ := strings.Cut(g, "created by ")
		where, _, _ = strings.Cut(where, "\n")
		c.at("init", Error, "", 0, hint, "importing the plugin starts a goroutine (%s)", strings.TrimSpace(where))
	}
	for _, d := range r.Descriptors {
		c.at("init", Error, "", 0, hint, "importing the plugin opens %s", d)
	}
	for _, f := range r.Files {
		c.at("init", Error, "", 0, hint, "importing the plugin makes the file %s", f)
	}
	if r.Output != "" {
		c.at("init", Error, "", 0, hint, "importing the plugin writes %q to standard output", r.Output)
	}
	for _, text := range r.Undocumented {
		if !strings.HasSuffix(text, "has no comment") { // these are findings with a place already
			c.at("comment", Error, "", 0, "", "%s", text)
		}
	}
}

// laws are the calls that check the rules of a kind: package and function.
var laws = map[string]string{
	"action": "actiontest", "balancer": "balancertest", "certs": "certstest", "check": "checktest", "converter": "convtest",
	"fetch": "fetchtest", "logformat": "formattest", "logger": "loggertest", "matcher": "matchtest", "protocol": "protocoltest",
	"service": "servicetest", "storage": "storagetest",
}

// tests looks whether the tests call the conformance kit for each module.
func (c *checked) tests() {
	run := map[string]bool{} // the strings in calls of moduletest.Run
	c.source.each(true, func(_ string, n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || !calls(call, "moduletest", "Run") {
			return
		}
		for _, arg := range call.Args {
			if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					run[text] = true
				}
			} else if _, ok := arg.(*ast.Ident); ok {
				run["*"] = true // a constant or a loop's variable: whichever module that is
			}
		}
	})
	kinds := map[string]bool{}
	for _, m := range c.report.Modules {
		file, line := c.source.literal(m.ID())
		if !run[m.Name] && !run["*"] {
			c.at("tests", Error, file, line, "call moduletest.Run in a test", "the conformance kit of %s is not called for %s", module.Core+"/core/moduletest", m.ID())
		}
		if pkg := laws[m.Kind]; pkg != "" && !kinds[m.Kind] && !c.source.uses(true, pkg, "Laws") {
			c.at("tests", Warning, file, line, "call "+pkg+".Laws in a test", "nothing checks that %s keeps to the rules of its kind", m.ID())
		}
		kinds[m.Kind] = true
	}
}

// calls reports whether a call is of a function of a package.
func calls(call *ast.CallExpr, pkg, name string) bool {
	fun := call.Fun
	if x, ok := fun.(*ast.IndexExpr); ok { // with a type argument
		fun = x.X
	}
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg
}
