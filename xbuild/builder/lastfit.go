package builder

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// tries is how many older versions of a plugin are looked at for one that fits.
const tries = 8

// withLastFit adds to an error of a plugin which older version of it fits the
// chosen core. It can only tell of plugins that come from a proxy.
func (w *workspace) withLastFit(ctx context.Context, p *Plugin, err error) error {
	var of *PluginError
	if p.query == "" || p.Version == "" || w.lock != nil || w.trial || !errors.As(err, &of) {
		return err
	}
	list, listErr := w.olderVersions(ctx, p)
	if listErr != nil {
		return err
	}
	for _, v := range list {
		if w.versionFits(ctx, p, v) {
			of.LastFit = v
			return of
		}
	}
	if len(list) > 0 && len(list) < tries {
		of.Err = fmt.Errorf("%w; none of its older versions fits either", of.Err)
	}
	return of
}

// olderVersions gives the releases before a plugin's version, newest first.
func (w *workspace) olderVersions(ctx context.Context, p *Plugin) ([]string, error) {
	out, err := w.tool.run(ctx, "list", "-m", "-versions", "-f", `{{join .Versions " "}}`, p.Module)
	if err != nil {
		return nil, err
	}
	var list []string
	for v := range strings.FieldsSeq(string(out)) {
		if semver.Compare(v, p.Version) < 0 && !module.IsPseudoVersion(v) {
			list = append(list, v)
		}
	}
	semver.Sort(list)
	slices.Reverse(list)
	return list[:min(len(list), tries)], nil
}

// versionFits builds one version of a plugin alone.
func (w *workspace) versionFits(ctx context.Context, p *Plugin, version string) bool {
	d, err := download(ctx, p.Module, version, w.tool)
	if err != nil {
		return false
	}
	s, err := readSource(d.Dir)
	if err != nil || w.core.Version != "" && semver.Compare(s.Requires[CorePath], w.core.Version) > 0 {
		return false
	}
	one := &Plugin{Package: p.Package, query: version}
	err = w.scratch(ctx, func(s *workspace, ctx context.Context) error {
		platform, apis, err := s.platform(ctx, slices.Contains(s.tool.env, "CGO_ENABLED=1"))
		if err != nil {
			return err
		}
		m, err := readManifest(one)
		if err != nil {
			return err
		}
		if err := fits(m, platform, apis); err != nil {
			return err
		}
		if err := s.judgeLifts(ctx); err != nil {
			return err
		}
		if err := s.compileLifts(ctx); err != nil {
			return err
		}
		return s.compile(ctx, one)
	}, one)
	return err == nil
}
