// Package geoip tells where addresses are, by MaxMind's databases: a converter
// and a match method.
//
//	http-request = [
//	  { do = "deny", if = "{ src -m geoip /var/lib/GeoIP/GeoLite2-Country.mmdb:country.iso_code=KP }" },
//	  { do = "set-header", name = "X-Country", value = "%[src,geoip(/var/lib/GeoIP/GeoLite2-Country.mmdb,country.iso_code)]" },
//	]
//
// Fields of records are named by their path, with the places of lists as
// numbers: "city.names.en", "subdivisions.0.iso_code", "autonomous_system_number".
//
// A database is read as a whole when a configuration is loaded, and again when
// its file has changed; a file that cannot be read then leaves the old one in
// force. It is safe for concurrent use.
package geoip

import (
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.RegisterRecord(expr.ConverterKind, "geoip", "gives a field of an address's record in a MaxMind database", expr.Converter{
		Doc: "gives a field of an address's record in a MaxMind database",
		In:  expr.IP, Out: expr.Str,
		Args: []expr.Arg{{Name: "file", Type: expr.ArgStr}, {Name: "field", Type: expr.ArgStr}},
		Bind: bind, Eval: eval,
	})
	module.RegisterRecord(expr.MatcherKind, "geoip", "compares a field of an address's record in a MaxMind database: FILE:FIELD=VALUE", expr.Matcher{
		Doc: "compares a field of an address's record in a MaxMind database: FILE:FIELD=VALUE",
		In:  expr.IP, Compile: compile,
	})
}

func bind(_ *expr.Scope, a *expr.Args) error {
	d, err := open(a.Str(0), a.Str(1))
	a.Data = d
	return err
}

func eval(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	v := a.Data.(*database).find(s.Addr)
	if v == nil {
		return false
	}
	s.SetStr(v)
	return true
}

// set are the patterns of a match: the values wanted of each field.
type set []wanted

type wanted struct {
	d      *database
	values []string
}

// compile reads patterns FILE:FIELD=VALUE.
func compile(patterns []string, fold bool) (expr.PatternSet, error) {
	var s set
	known := map[string]int{}
	for _, p := range patterns {
		place, value, ok := strings.Cut(p, "=")
		i := strings.LastIndexByte(place, ':')
		if !ok || i <= 0 {
			return nil, fmt.Errorf("pattern %q is not FILE:FIELD=VALUE, as in /var/lib/GeoIP/GeoLite2-Country.mmdb:country.iso_code=CH", p)
		}
		at, seen := known[place]
		if !seen {
			d, err := open(place[:i], place[i+1:])
			if err != nil {
				return nil, err
			}
			d.fold = fold
			at = len(s)
			known[place], s = at, append(s, wanted{d: d})
		}
		s[at].values = append(s[at].values, value)
	}
	return s, nil
}

// Match reports whether a field has one of the values.
func (s set) Match(_ *expr.Env, x *expr.Sample) bool {
	for i := range s {
		v := s[i].d.find(x.Addr)
		if v == nil {
			continue
		}
		for _, want := range s[i].values {
			if string(v) == want || s[i].d.fold && strings.EqualFold(string(v), want) {
				return true
			}
		}
	}
	return false
}
