package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
	"github.com/fairleadproxy/fairlead/xbuild/manifest"
)

func upgradeCommand() *cobra.Command {
	o := &options{}
	var from string
	c := &cobra.Command{
		Use:   "upgrade",
		Short: "Take the newest versions that fit together: in xbuild.toml and its lock, or of a binary's parts",
		Long: `Take the newest versions of core and plugins, and of a plugin that does not fit the
newest core its last one that does.

Without --from the versions are changed in xbuild.toml, and xbuild.lock is made
anew; nothing is built. With --from a binary of the same parts is built.`,
		Example: `  xbuild upgrade
  xbuild upgrade --from ./fairlead -o fairlead.new`,
		RunE: func(c *cobra.Command, _ []string) error {
			p, err := o.plan(c)
			if err != nil {
				return err
			}
			defer o.progress.clear()
			if from != "" {
				return o.upgradeBinary(c, p, from)
			}
			return o.upgradeManifest(c, p)
		},
	}
	o.sources(c)
	o.settings(c)
	o.result(c)
	c.Flags().StringSliceVar(&o.targets, "target", nil, "with --from, the platform to build for, as `OS/ARCH` (default: that of the binary)")
	c.Flags().StringVar(&from, "from", "", "build the parts of this `binary` anew")
	return c
}

func (o *options) upgradeBinary(c *cobra.Command, p *plan, from string) error {
	recipe, err := builder.ReadRecipe(from)
	if err != nil {
		return err
	}
	r, err := p.request.Again(recipe)
	if err != nil {
		return err
	}
	if len(o.targets) > 0 {
		r.Target = p.targets[0]
	}
	if r, r.Lock, err = r.Newest(c.Context()); err != nil {
		return err
	}
	result, err := r.Build(c.Context())
	if err != nil {
		return err
	}
	return o.print(c, result, func(w io.Writer) error { return printResults(w, []*builder.Result{result}) })
}

func (o *options) upgradeManifest(c *cobra.Command, p *plan) error {
	if p.manifest == nil {
		return &lineError{errors.New("there is no xbuild.toml here; name one with --manifest, or a binary with --from")}
	}
	if len(o.request.With) > 0 || o.request.Core != "" || len(o.request.Replace) > 0 {
		return &lineError{errors.New("upgrade changes what stands in xbuild.toml; write there what --core, --with and --replace say")}
	}
	p.request.Target, p.request.Others = p.targets[0], p.targets[1:]
	r, lock, err := p.request.Newest(c.Context())
	if err != nil {
		return err
	}
	old, now := p.manifest.Versions(), map[string]string{}
	for name := range old {
		if name == "core" {
			now[name] = r.Core
			continue
		}
		for _, spec := range r.With {
			if version, ok := strings.CutPrefix(spec, name+"@"); ok {
				now[name] = version
			}
		}
	}
	text, err := p.manifest.Update(now)
	if err != nil {
		return err
	}
	file := o.manifest
	if file == "" {
		file = manifest.File
	}
	if err := manifest.Save(file, text); err != nil {
		return err
	}
	if _, err := lock.Write(p.lockFile); err != nil {
		return err
	}
	changes := []builder.Change{}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		if old[name] != now[name] {
			changes = append(changes, builder.Change{What: kindOf(name), Name: strings.TrimPrefix(name, "core"), Old: old[name], New: now[name]})
		}
	}
	if len(changes) == 0 {
		r.Events(builder.Event{Step: builder.StepResolve, Text: "nothing is newer that fits", Note: true})
	}
	return o.print(c, changes, func(w io.Writer) error {
		for _, change := range changes {
			if _, err := fmt.Fprintln(w, change); err != nil {
				return err
			}
		}
		return nil
	})
}

func kindOf(name string) string {
	if name == "core" {
		return name
	}
	return "plugin"
}
