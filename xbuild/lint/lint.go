// Package lint looks at a plugin for what its users and reviewers would stumble
// over: whether its manifest says what it does, whether its settings are
// described, whether its tests call the conformance kit, whether others can
// build it.
//
//	b, err := workbench.Open(dir, "")
//	findings, err := lint.Run(ctx, b)
//
// Each rule is a function in a file of its topic. An error means that the plugin
// could not be looked at; what is wrong with it are findings.
package lint

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/internal/gocmd"
	"github.com/fairleadproxy/fairlead/xbuild/plugin"
	"github.com/fairleadproxy/fairlead/xbuild/workbench"
)

// Finding is something to change.
type Finding struct {
	// Rule names the rule, such as "manifest".
	Rule string `json:"rule"`
	// Severity is "error", or "warning" for what counts with --strict only.
	Severity string `json:"severity"`
	// File is relative to the plugin's directory, "" for the plugin as a whole;
	// Line is 0 for the whole file.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Message says what is wrong, Hint what to do.
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// The severities.
const (
	Error   = "error"
	Warning = "warning"
)

// String gives file:line: severity: message; hint.
func (f Finding) String() string {
	text := ""
	if f.File != "" {
		text = f.File + ":"
		if f.Line > 0 {
			text += fmt.Sprint(f.Line) + ":"
		}
		text += " "
	}
	text += f.Severity + ": " + f.Message
	if f.Hint != "" {
		text += "; " + f.Hint
	}
	return text
}

// checked is a plugin that is looked at.
type checked struct {
	*workbench.Bench
	manifest *plugin.Manifest  // nil when it has none that can be read
	source   *source           // of the plugin's package
	report   *workbench.Report // nil when it does not compile
	findings []Finding
}

// at adds a finding about a line of a file, which is named absolutely, or
// relative to the plugin's directory.
func (c *checked) at(rule, severity, file string, line int, hint, format string, args ...any) {
	if rel, err := filepath.Rel(c.Dir, file); err == nil && filepath.IsAbs(file) {
		file = rel
	}
	c.findings = append(c.findings, Finding{rule, severity, filepath.ToSlash(file), line, fmt.Sprintf(format, args...), hint})
}

// Run looks at a plugin and gives what is to be changed, sorted by place.
func Run(ctx context.Context, b *workbench.Bench) ([]Finding, error) {
	c := &checked{Bench: b}
	var err error
	if c.source, err = readSource(b.Dir); err != nil {
		return nil, err
	}
	c.readManifest()
	c.goMod()
	c.files()
	c.version(ctx)
	c.apiReference()
	c.comments()
	c.format()
	var failure *gocmd.Failure
	switch c.report, err = b.Probe(ctx); {
	case errors.As(err, &failure):
		c.compiler("compile", failure.Text)
	case err != nil:
		c.at("init", Error, "", 0, "init must only register", "%v", err)
	default:
		c.registrations()
		c.sideEffects()
		c.tests()
		if err := b.Vet(ctx); errors.As(err, &failure) {
			c.compiler("vet", failure.Text)
		} else if err != nil {
			return nil, err
		}
	}
	c.lifts(ctx) // now that core is there
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return c.findings, ctx.Err()
}

// compiler makes findings of lines such as "./a.go:3:4: what is wrong".
func (c *checked) compiler(rule, text string) {
	found := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "vet: "))
		file, rest, ok := strings.Cut(line, ":")
		number, message, ok2 := strings.Cut(rest, ":")
		n := 0
		if _, err := fmt.Sscan(number, &n); !ok || !ok2 || err != nil || !strings.HasSuffix(file, ".go") {
			continue
		}
		if column, more, ok := strings.Cut(message, ":"); ok && strings.Trim(column, "0123456789") == "" {
			message = more
		}
		c.at(rule, Error, filepath.Join(c.Root, file), n, "", "%s", strings.TrimSpace(message))
		found = true
	}
	if !found {
		c.at(rule, Error, "", 0, "", "%s", text)
	}
}
