package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes man pages of the commands below root. They are written here
// rather than by cobra's generator, as that brings text/template, with which Go's
// linker keeps every method of every type: two megabytes.
func manCommand(root *cobra.Command) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "manpages",
		Short: "Write man pages for all commands",
		RunE: func(*cobra.Command, []string) error {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
			return writePages(root, dir)
		},
	}
	c.Flags().StringVarP(&dir, "directory", "d", ".", "`directory` to write to")
	return c
}

// writePages writes the page of a command and those of the commands below it.
func writePages(c *cobra.Command, dir string) error {
	if !c.IsAvailableCommand() && c.HasParent() {
		return nil
	}
	if err := os.WriteFile(filepath.Join(dir, pageName(c)+".8"), []byte(manPage(c)), 0o644); err != nil {
		return err
	}
	for _, sub := range c.Commands() {
		if err := writePages(sub, dir); err != nil {
			return err
		}
	}
	return nil
}

// pageName gives fairlead-config-diff for the command "fairlead config diff".
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manPage writes the page of a command in the language of man(7).
func manPage(c *cobra.Command) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line(`.TH "%s" "8" "" "Fairlead %s"`, strings.ToUpper(pageName(c)), coreVersion())
	line(".SH NAME\n%s \\- %s", roff(pageName(c)), roff(c.Short))
	line(".SH SYNOPSIS\n.B %s", roff(c.UseLine()))
	text := c.Long
	if text == "" {
		text = c.Short + "."
	}
	line(".SH DESCRIPTION\n%s", roff(text))
	for _, set := range []struct {
		title string
		flags *pflag.FlagSet
	}{{"OPTIONS", c.NonInheritedFlags()}, {"GLOBAL OPTIONS", c.InheritedFlags()}} {
		if set.flags.HasAvailableFlags() {
			line(".SH %s", set.title)
			set.flags.VisitAll(func(f *pflag.Flag) { option(line, f) })
		}
	}
	if c.Example != "" {
		line(".SH EXAMPLES\n.nf\n%s\n.fi", roff(c.Example))
	}
	line(".SH SEE ALSO\n%s", strings.Join(related(c), ",\n"))
	return b.String()
}

// option writes a flag as a tagged paragraph.
func option(line func(string, ...any), f *pflag.Flag) {
	if f.Hidden {
		return
	}
	value, usage := pflag.UnquoteUsage(f)
	tag := "--" + f.Name
	if f.Shorthand != "" {
		tag = "-" + f.Shorthand + ", " + tag
	}
	if value != "" {
		tag += " " + value
	}
	switch f.DefValue {
	case "", "false", "0", "[]", "0s":
	default:
		usage += " (default " + strings.Trim(f.DefValue, "[]") + ")"
	}
	line(".TP\n.B %s\n%s", roff(tag), roff(usage))
}

// related names the pages of the command above and of those below.
func related(c *cobra.Command) []string {
	var out []string
	if c.HasParent() {
		out = append(out, ".BR "+roff(pageName(c.Parent()))+" (8)")
	}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			out = append(out, ".BR "+roff(pageName(sub))+" (8)")
		}
	}
	return out
}

// roff writes text so that man shows it as it is; empty lines part paragraphs.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(strings.TrimSpace(text))
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		switch {
		case l == "":
			lines[i] = ".PP"
		case l[0] == '.' || l[0] == '\'':
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
