package lint

import (
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/xbuild/plugin"
)

// readManifest reads fairlead-plugin.toml.
func (c *checked) readManifest() {
	m, err := plugin.Read(c.Dir)
	var wrong *tree.Errors
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.at("manifest", Error, plugin.File, 0, "write one with api, go, os, cgo and modules", "the file is not there")
		return
	case errors.As(err, &wrong):
		for _, e := range wrong.List {
			c.at("manifest", Error, plugin.File, e.Pos.Line, e.Hint, "%s: %s", e.Path, e.Msg)
		}
		return
	case err != nil:
		c.at("manifest", Error, plugin.File, 0, "", "%v", err)
		return
	}
	c.manifest = m
	if !slices.Contains(m.API, module.API) {
		c.at("manifest", Error, plugin.File, 1, "test it with this core, and add the number to api", "it is not for API %d, which this core has", module.API)
	}
	if m.Go.IsZero() {
		c.at("manifest", Warning, plugin.File, 1, "write the version that go.mod demands", "the key go is missing")
	}
}

// registrations compares what the plugin registers with what it says.
func (c *checked) registrations() {
	for _, e := range c.report.Errors {
		file, line := c.source.literal(between(e, "module ", " ("))
		c.at("register", Error, file, line, "", "%s", e)
	}
	if len(c.report.Modules) == 0 {
		c.at("register", Error, "", 0, "call module.Register in an init function", "importing the plugin registers no module")
	}
	own := c.Module == module.Core || strings.HasPrefix(c.Module, module.Core+"/")
	for _, m := range c.report.Modules {
		file, line := c.source.literal(m.ID())
		if !own && !strings.Contains(m.Name, ".") {
			c.at("name", Error, file, line, "write VENDOR."+m.Name, "the name %q has no vendor: bare names belong to %s", m.Name, module.Core)
		}
		if m.Doc == "" || strings.HasSuffix(m.Doc, ".") {
			c.at("doc", Error, file, line, "write one sentence without a full stop", "the Doc of %s is %q", m.ID(), m.Doc)
		}
	}
	if c.manifest == nil {
		return
	}
	missing, extra := c.manifest.Compare(c.report.IDs())
	for _, id := range missing {
		c.at("manifest", Error, plugin.File, id.Pos.Line, "take it out, or register it", "%s is not registered by importing %s", id.Value, c.Package)
	}
	for _, id := range extra {
		c.at("manifest", Error, plugin.File, c.manifest.Modules[0].Pos.Line, `add it to modules`, "%s is registered and not named here", id)
	}
}

// between gives what stands between two strings, "" when they are not there.
func between(text, before, after string) string {
	_, rest, ok := strings.Cut(text, before)
	middle, _, ok2 := strings.Cut(rest, after)
	if !ok || !ok2 {
		return ""
	}
	return middle
}
