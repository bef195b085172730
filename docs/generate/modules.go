package main

import (
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/docs/generate/reference"
	_ "github.com/fairleadproxy/fairlead/modules/standard/all"
)

const modulesIntro = `# Modules

The modules of the standard build, by kind. ` + "`fairlead list-modules`" + ` lists those of a binary, and
` + "`fairlead doc NAME`" + ` describes one. How values are written is in the [configuration reference](configuration.md).
Modules are stable unless it is said otherwise.

`

// modules makes the page of modules.
func modules(src *reference.Source) (string, error) {
	r := module.Default()
	if err := r.Err(); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(modulesIntro)
	for _, kind := range r.Kinds() {
		fmt.Fprintf(&b, "- [%s](#%s)\n", kind, kind)
	}
	b.WriteString("\n")
	err := reference.Modules(&b, src, r.Modules())
	return strings.TrimRight(b.String(), "\n") + "\n", err
}
