package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/proxy"
)

// explain gives the errors of reading a configuration, and with them those of
// building what was read: users want to hear of all at once. What may only
// follow from the former is left out.
func explain(cfg *config.Config, err error) (all error) {
	var read *tree.Errors
	if !errors.As(err, &read) || cfg == nil || slices.ContainsFunc(read.List, outsideProxies) {
		return err
	}
	defer func() {
		if recover() != nil { // building needs something that was not read
			all = err
		}
	}()
	built := &tree.Errors{}
	built.Add(build(cfg), tree.Pos{}, "")
	together := &tree.Errors{List: slices.Clone(read.List)}
	for _, e := range built.List {
		if !e.Pos.IsZero() && !slices.ContainsFunc(read.List, func(r *tree.Error) bool { return follows(e, r) }) {
			together.List = append(together.List, e)
		}
	}
	return together.Err()
}

// build builds a configuration and gives the error of that.
func build(cfg *config.Config) error {
	e, err := proxy.NewEngine(proxy.TuningOf(&cfg.Global, cfg.Global.Maxconn))
	if err != nil {
		return err
	}
	defer e.Close()
	g, err := proxy.Build(cfg, proxy.BuildOptions{Engine: e})
	if err != nil {
		return err
	}
	return g.Stop(closed())
}

// outsideProxies reports whether an error is about something that proxies refer
// to: without it, nothing can be said about them.
func outsideProxies(e *tree.Error) bool {
	section, _, inside := strings.Cut(e.Path, ".")
	return !inside || !slices.Contains([]string{"global", "frontend", "backend", "listen"}, section)
}

// follows reports whether e, of building, may come from r, of reading: it is
// about the same thing, or r left out of e's section what all of it depends on.
func follows(e, r *tree.Error) bool {
	if within(e.Path, r.Path) || within(r.Path, e.Path) {
		return true
	}
	parts := strings.SplitN(r.Path, ".", 4)
	if len(parts) < 3 || !within(e.Path, parts[0]+"."+parts[1]) {
		return false
	}
	misspelt := len(parts) == 3 && strings.HasPrefix(r.Msg, "unknown key")
	return misspelt || parts[2] == "mode" || parts[2] == "acl"
}

// within reports whether path is that of the thing at outer, or of a part of it.
func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}
