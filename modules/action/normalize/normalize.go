// Package normalize is the action normalize-uri: it brings the request's path
// and query into one form, by one rule of RFC 3986 section 6.2.2 at a time
// (HAProxy manual section 4.4), in http-request.
//
//	http-request = [
//	  { do = "normalize-uri", normalizer = "percent-decode-unreserved", strict = true },
//	  { do = "normalize-uri", normalizer = "path-merge-slashes" },
//	  { do = "normalize-uri", normalizer = "path-strip-dotdot", full = true },
//	]
//
// Only what the normalizer names changes, so that rules choose how far to go and
// in which order. Scheme and authority of a target in absolute form stay, and so
// do targets without a path. The action holds no state of streams: it may run
// for many at a time.
package normalize

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/action/internal/target"
)

func init() {
	module.Register(action.Kind, "normalize-uri", module.Spec[Config, action.Action]{
		Doc: "Brings the request's path and query into one form",
		New: New,
	})
}

// Config is the configuration of normalize-uri.
type Config struct {
	// Normalizer is what to bring into form: "fragment-encode" makes "#" to
	// "%23", "fragment-strip" removes it with what follows, "path-merge-slashes"
	// makes "//" to "/", "path-strip-dot" removes "/./", "path-strip-dotdot"
	// removes "/../" with the segment before, "percent-decode-unreserved" decodes
	// letters, digits and -._~, "percent-to-uppercase" makes "%2f" to "%2F", and
	// "query-sort-by-name" sorts the query's parameters. Required.
	Normalizer string `toml:"normalizer,required" pos:"1" enum:"fragment-encode|fragment-strip|path-merge-slashes|path-strip-dot|path-strip-dotdot|percent-decode-unreserved|percent-to-uppercase|query-sort-by-name"`
	// Full has path-strip-dotdot remove "/../" at the beginning too. Default false.
	Full bool `toml:"full"`
	// Strict has the percent normalizers refuse requests with 400 when a "%" is
	// not followed by two hexadecimal digits. Default false.
	Strict bool `toml:"strict"`
}

// normalizer appends the normal form of a path with its query to dst, and
// reports whether the path was valid.
type normalizer func(dst, pathq []byte) ([]byte, bool)

type normalize struct {
	do     normalizer
	strict bool
}

// New makes the action.
func New(_ *module.Context, c Config) (action.Action, error) {
	percent := c.Normalizer == "percent-decode-unreserved" || c.Normalizer == "percent-to-uppercase"
	switch {
	case c.Full && c.Normalizer != "path-strip-dotdot":
		return nil, module.Wrong("full", "full belongs to path-strip-dotdot, not to %s: leave it out", c.Normalizer)
	case c.Strict && !percent:
		return nil, module.Wrong("strict", "strict belongs to percent-decode-unreserved and percent-to-uppercase, not to %s: leave it out", c.Normalizer)
	}
	do := normalizers[c.Normalizer]
	if c.Full {
		do = stripDotDotFull
	}
	return &normalize{do, c.Strict}, nil
}

func (*normalize) Phases() expr.Phases       { return action.Requests }
func (*normalize) Compile(*expr.Scope) error { return nil }

// Run normalizes, or answers 400.
func (a *normalize) Run(tx *action.Tx) action.Verdict {
	old := tx.Req.Target()
	before, path, _ := target.Split(old)
	if !target.HasPath(tx.Req) || len(path) == 0 || path[0] != '/' {
		return action.Continue
	}
	pathq := old[len(before):]
	// What fragment-encode makes is three times as long at most.
	out, ok := a.do(tx.Scratch(3*len(pathq)), pathq)
	if !ok && a.strict {
		r := &tx.Reply
		r.Reset()
		r.Status, r.Errorfile, r.Denied = 400, true, true
		return action.Answer
	}
	if string(out) != string(pathq) {
		target.Set(tx, before, out, nil)
	}
	return action.Continue
}
