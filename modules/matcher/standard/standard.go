// Package standard registers the match methods of HAProxy's manual, section
// 7.1: bool, int, ip, str, beg, end, sub, dir, dom, reg, len and bin.
//
// A method compiles the patterns of one ACL into a set that is read-only
// afterwards. Host names are not resolved.
package standard

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	for _, m := range []struct {
		name string
		rec  expr.Matcher
	}{
		{"bool", expr.Matcher{Doc: "holds when the value is true, or equals the patterns true or false", In: expr.Bool, Compile: compileBool}},
		{"int", expr.Matcher{Doc: "compares integers, with eq, ge, gt, le, lt and ranges low:high", In: expr.Int, Compile: compileInt}},
		{"len", expr.Matcher{Doc: "compares the length in bytes like int", In: expr.Str, Compile: compileLen}},
		{"ip", expr.Matcher{Doc: "matches addresses and networks", In: expr.IP, Compile: compileIP}},
		{"str", expr.Matcher{Doc: "matches the whole string", In: expr.Str, Compile: compileStr}},
		{"bin", expr.Matcher{Doc: "matches the whole value against hexadecimal patterns", In: expr.Bin, Compile: compileBin}},
		{"beg", expr.Matcher{Doc: "matches the beginning", In: expr.Str, Compile: affix(hasPrefix)}},
		{"end", expr.Matcher{Doc: "matches the end", In: expr.Str, Compile: affix(hasSuffix)}},
		{"sub", expr.Matcher{Doc: "matches anywhere", In: expr.Str, Compile: affix(contains)}},
		{"dir", expr.Matcher{Doc: "matches whole parts between slashes", In: expr.Str, Compile: affix(hasPart("/?"))}},
		{"dom", expr.Matcher{Doc: "matches whole parts between dots", In: expr.Str, Compile: affix(hasPart("/?.:"))}},
		{"reg", expr.Matcher{Doc: "matches a regular expression of Go's syntax (RE2)", In: expr.Str, Compile: compileRegex}},
	} {
		module.RegisterRecord(expr.MatcherKind, m.name, m.rec.Doc, m.rec)
	}
}
