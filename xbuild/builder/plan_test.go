package builder

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	first    = CorePath + "/modules/balancer/first"
	hash     = CorePath + "/modules/balancer/hash"
	tcp      = CorePath + "/modules/protocol/tcp"
	fetches  = CorePath + "/modules/fetch/http"
	register = CorePath + "/modules/fetch/internal/register"
	other    = "example.com/p"
)

func entry(id, pkg string) Module {
	kind, name, _ := strings.Cut(id, ".")
	return Module{Kind: kind, Name: name, Package: pkg, Module: CorePath}
}

var (
	packages  = []string{first, hash, fetches, tcp, other}
	catalogue = []Module{
		entry("balancer.first", first), entry("balancer.hash", hash), entry("balancer.uri", hash),
		entry("fetch.hdr", register), entry("protocol.tcp", tcp), entry("check.acme.udp", other),
	}
)

func TestMakePlan(t *testing.T) {
	deps := map[string][]string{fetches: {register, "fmt"}, other: {tcp}}
	for _, c := range []struct {
		name    string
		without string
		dropped []string // from the imports
		exclude []string
	}{
		{"nothing", "", nil, nil},
		{"all of a package", "balancer.first", []string{first}, nil},
		{"one of a family", "balancer.uri", nil, []string{"balancer.uri"}},
		{"a family", "balancer.hash balancer.uri", []string{hash}, nil},
		{"registered on behalf of others", "fetch.hdr", nil, []string{"fetch.hdr"}},
		{"what another one needs", "protocol.tcp", []string{tcp}, []string{"protocol.tcp"}},
		{"and without that one", "protocol.tcp check.acme.udp", []string{tcp, other}, nil},
	} {
		without := strings.Fields(c.without)
		p := makePlan(packages, without, catalogue, deps)
		want := slices.DeleteFunc(slices.Clone(packages), func(s string) bool { return slices.Contains(c.dropped, s) })
		if !slices.Equal(p.imports, want) {
			t.Errorf("%s: imports %v, want %v", c.name, p.imports, want)
		}
		if !slices.Equal(p.exclude, c.exclude) {
			t.Errorf("%s: excludes %v, want %v", c.name, p.exclude, c.exclude)
		}
		if len(p.modules) != len(catalogue)-len(without) {
			t.Errorf("%s: %d modules remain of %d", c.name, len(p.modules), len(catalogue))
		}
		for _, m := range p.modules {
			if slices.Contains(without, m.ID()) {
				t.Errorf("%s: %s remains", c.name, m.ID())
			}
		}
	}
}

func TestCheckKnown(t *testing.T) {
	for _, c := range []struct{ id, err string }{
		{"protocol.tcp", ""},
		{"check.acme.udp", ""},
		{"protocol.tpc", "did you mean protocol.tcp?"},
		{"protcol.tcp", "did you mean protocol.tcp?"},
		{"balancer.quic", "those of its kind are first, hash, uri"},
		{"nothing.atall", "xbuild list"},
		{"balancer.tcp", "those of its kind are first, hash, uri"},
	} {
		err := checkKnown("--without", []string{c.id}, catalogue)
		if c.err == "" {
			if err != nil {
				t.Errorf("%s: %v", c.id, err)
			}
			continue
		}
		var usage *UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), "--without "+c.id) {
			t.Errorf("%s: error %v, want %q", c.id, err, c.err)
		}
	}
	err := checkKnown("--without", []string{"a.b", "protocol.tcp", "c.d"}, catalogue)
	if err == nil || strings.Count(err.Error(), "--without") != 2 {
		t.Errorf("two wrong ones of three are not both named: %v", err)
	}
	for _, id := range []string{"tcp", "protocol.", ".tcp", ""} {
		if err := checkIDs("--without", []string{id}); err == nil || !strings.Contains(err.Error(), "kind.name") {
			t.Errorf("%q: error %v", id, err)
		}
	}
}

func TestCompareModules(t *testing.T) {
	p := &plan{modules: []Module{entry("a.one", "p/one"), {Kind: "a", Name: "two", Package: "q", Module: "example.com/q"}},
		versions: map[string]string{"example.com/q": "v1.0.0"}}
	one, two := p.modules[0], p.modules[1]
	two.Version = "v1.0.0"
	old := two
	old.Version = "(devel)"
	for _, c := range []struct {
		got  []Module
		want string
	}{
		{[]Module{one, two}, ""},
		{[]Module{two, one}, ""},
		{[]Module{two}, "missing: a.one (p/one)"},
		{[]Module{one, two, entry("a.three", "r")}, "not asked for: a.three (r)"},
		{[]Module{one, old}, "a.two has version (devel), not v1.0.0"},
		{[]Module{old, entry("b.one", "p")}, "missing: a.one (p/one)\nthere, but not asked for: b.one (p)\nwrong: a.two"},
	} {
		got := ""
		if err := compareModules(p, c.got); err != nil {
			got = err.Error()
		}
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: error %q, want %q", fmt.Sprint(c.got), got, c.want)
		}
	}
}
