package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

func buildCommand() *cobra.Command {
	o := &options{}
	var dryRun bool
	c := &cobra.Command{
		Use:   "build",
		Short: "Build a binary, and verify that it has the modules that were asked for",
		Long: `Build a binary, and verify that it has the modules that were asked for.

What to build stands in xbuild.toml or in flags; flags come over the file. The
versions that were chosen are kept in xbuild.lock beside the file, and taken
again by the next build.`,
		Example: `  xbuild build --with ./plugins/ewma -o fairlead
  xbuild build --with example.com/plugin@v1.2.3 --without protocol.mptcp
  xbuild build --preset tcp --target linux/arm64,linux/armv7
  xbuild build --for lb.toml --embed lb.toml`,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := o.plan(c)
			if err != nil {
				return err
			}
			defer o.progress.clear()
			if err := o.settle(c.Context(), p); err != nil {
				return err
			}
			if dryRun {
				files, err := p.request.Generate(c.Context())
				if err != nil {
					return err
				}
				return o.print(c, files, func(w io.Writer) error { return printFiles(w, files) })
			}
			results, err := build(c, p)
			if err != nil {
				return err
			}
			return o.print(c, results, func(w io.Writer) error { return printResults(w, results) })
		},
	}
	o.sources(c)
	o.choice(c)
	o.settings(c)
	o.result(c)
	o.lock(c)
	c.Flags().BoolVar(&dryRun, "dry-run", false, "print the generated files and build nothing")
	c.Flags().BoolVar(&o.request.Sizes, "size-report", false, "print how many bytes each module and each package takes in the binary")
	return c
}

// build builds for each target.
func build(c *cobra.Command, p *plan) ([]*builder.Result, error) {
	var results []*builder.Result
	output := p.request.Output
	for i, t := range p.targets {
		r := p.request
		r.Target = t
		if len(p.targets) > 1 {
			r.Output = builder.OutputFor(output, t)
		}
		if i == 0 {
			r.Others = p.targets[1:]
		}
		result, err := r.Build(c.Context())
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if err := p.keep(result.Lock); err != nil {
				return nil, err
			}
			p.request.Lock = result.Lock // the others take the same versions
		}
		results = append(results, result)
	}
	return results, nil
}

func printResults(w io.Writer, results []*builder.Result) error {
	for _, r := range results {
		if err := printSizes(w, r); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, r.Output); err != nil {
			return err
		}
	}
	return nil
}

// printSizes prints what modules take with all that they alone need, and then
// what each package takes by itself.
func printSizes(w io.Writer, r *builder.Result) error {
	if len(r.Sizes) == 0 {
		return nil
	}
	var b strings.Builder
	for _, m := range r.ModuleSizes {
		fmt.Fprintf(&b, "%9d  %s\n", m.Bytes, modulesOf(m))
	}
	b.WriteString("\n")
	var total int64
	for _, s := range r.Sizes {
		total += s.Bytes
		fmt.Fprintf(&b, "%9d  %s\n", s.Bytes, s.Package)
	}
	fmt.Fprintf(&b, "%9d  all of it\n", total)
	_, err := io.WriteString(w, b.String())
	return err
}

// modulesOf names the modules of a package, or counts them when they are many.
func modulesOf(m builder.ModuleSize) string {
	if n := len(m.Modules); n > 6 {
		return fmt.Sprintf("%s and %d others of %s", m.Modules[0], n-1, m.Package)
	}
	return strings.Join(m.Modules, ", ")
}

func printFiles(w io.Writer, files []builder.File) error {
	for i, f := range files {
		space := "\n"
		if i == 0 {
			space = ""
		}
		if _, err := fmt.Fprintf(w, "%s-- %s --\n%s", space, f.Name, f.Text); err != nil {
			return err
		}
	}
	return nil
}
