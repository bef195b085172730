package module

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fairleadproxy/fairlead/core/system"
)

// standard is where the modules are that come with core.
const standard = Core + "/modules/"

// known says which package of this repository provides a module that a build
// may lack.
var known = map[string]string{
	"certs.internal":  standard + "certs/local",
	"layer.tls":       standard + "layer/tls",
	"mode.http":       standard + "mode/http",
	"balancer.ewma":   Core + "/plugins/ewma",
	"balancer.maglev": Core + "/plugins/maglev",
	"protocol.udp":    Core + "/plugins/udp",
}

// needs says which systems have a module that the others lack, and what to write
// on those.
var needs = map[string]struct{ systems, instead string }{
	"protocol.mptcp": {"linux", "write tcp@ for plain TCP"},
	"protocol.fd":    {"linux", "write the address to listen at"},
	"protocol.udp":   {"linux", "there is nothing like it"},
}

// Needs gives the systems that have a module, by its ID, as in package system; ""
// where all do.
func Needs(id string) string { return needs[id].systems }

// UnknownError is the error for a module that this binary does not have.
type UnknownError struct {
	Kind, Name string
	// Near is the name that was probably meant, "" when none is near.
	Near string
	// Package provides the module, "" when none is known to.
	Package string
}

func (e *UnknownError) Error() string {
	if n := needs[e.Kind+"."+e.Name]; n.systems != "" && !system.Is(n.systems) {
		return fmt.Sprintf("%s %q needs %s, and this is %s: %s", e.Kind, e.Name, system.Names(n.systems), system.Name(), n.instead)
	}
	if strings.HasPrefix(e.Package, standard) {
		return fmt.Sprintf("this build is without the %s %q; it is in %s: xbuild build --include %s.%s", e.Kind, e.Name, e.Package, e.Kind, e.Name)
	}
	s := fmt.Sprintf("unknown %s %q", e.Kind, e.Name)
	switch {
	case strings.ContainsAny(e.Name, " \t"):
		s += "; a name stands here alone, and its settings are keys of a table"
		if e.Near != "" {
			s += fmt.Sprintf(": fairlead doc %s.%s shows those of %q", e.Kind, e.Near, e.Near)
		}
	case e.Package != "":
		s += fmt.Sprintf("; it is in %s: xbuild build --with %s", e.Package, e.Package)
	case e.Near != "":
		s += fmt.Sprintf("; did you mean %q?", e.Near)
	case vendored.MatchString(e.Name):
		s += "; a custom build adds the package that has it: xbuild build --with PACKAGE"
	}
	return s
}

// Missing is the error for a module of the default registry that is looked up by
// the name of its kind.
func Missing(kind, name string) error { return unknown(Default(), kind, name) }

// vendored are the names of modules that are not of this repository.
var vendored = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9._-]+$`)

func unknown(r *Registry, kind, name string) error {
	words := strings.Fields(name)
	e := &UnknownError{Kind: kind, Name: name, Package: known[kind+"."+name]}
	if len(words) > 1 { // as HAProxy's configuration has it, with settings behind the name
		e.Near = Suggest(words[0], r.names(kind))
	} else {
		e.Near = Suggest(name, r.names(kind))
	}
	return e
}

// Suggest gives the candidate nearest to name, "" when none is near enough to
// be what was meant: one edit for short names, a third of the letters for longer
// ones, or the longest that name begins with.
func Suggest(name string, candidates []string) string {
	best, distance := "", max(1, len(name)/3)+1
	for _, c := range candidates {
		if d := editDistance(strings.ToLower(name), strings.ToLower(c), distance); d < distance {
			best, distance = c, d
		}
	}
	if best != "" {
		return best
	}
	for _, c := range candidates {
		if len(c) >= minStem && len(c) > len(best) && strings.HasPrefix(name, c) {
			best = c
		}
	}
	return best
}

// minStem is how many letters a name has to have to be suggested for a longer one.
const minStem = 4

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours; limit or more is given as limit.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(b)], limit)
}
