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
		if err := printSizes(w, r.Sizes); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(w, r.Output); err != nil {
			return err
		}
	}
	return nil
}

func printSizes(w io.Writer, sizes []builder.Size) error {
	var total int64
	for _, s := range sizes {
		total += s.Bytes
		modules := strings.Join(s.Modules, ", ")
		if n := len(s.Modules); n > 3 {
			modules = fmt.Sprintf("%d modules", n)
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%9d  %s  %s", s.Bytes, s.Package, modules), " ")); err != nil {
			return err
		}
	}
	if len(sizes) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "%9d  all of it\n", total)
	return err
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
