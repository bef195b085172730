// Package replace is the search and replacement of the replace-* actions: a
// regular expression, and a log-format string in which \0 to \9 stand for what
// it matched (HAProxy manual section 4.4 "replace-header").
//
// An action embeds Config and Replacer, and asks Whole for what takes the place
// of a value. Replacers are used by many streams at a time. Values that do not
// match cost no allocation, those that do one, in package regexp.
package replace

import (
	"regexp"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Config is the part of the configuration that the actions share; they embed it.
type Config struct {
	// Regex is what to look for; it is not anchored. Required.
	Regex string `toml:"regex,required" pos:"2"`
	// Value is a log-format string for what to put there; \0 stands for the whole
	// match and \1 to \9 for its groups. Required.
	Value string `toml:"value,required" pos:"3"`
}

// Replacer replaces.
type Replacer struct {
	re    *regexp.Regexp
	text  string
	value *expr.Format
}

// New compiles the regular expression.
func New(c Config) (Replacer, error) {
	re, err := regexp.Compile(c.Regex)
	if err != nil {
		return Replacer{}, module.Wrong("regex", "%w", err)
	}
	return Replacer{re: re, text: c.Value}, nil
}

// Compile parses the value.
func (r *Replacer) Compile(sc *expr.Scope) (err error) {
	r.value, err = action.Format(sc, "value", r.text)
	return err
}

// Whole gives what takes the place of b as a whole when the expression matches.
func (r *Replacer) Whole(tx *action.Tx, b []byte) (out []byte, ok bool) {
	at := r.re.FindSubmatchIndex(b)
	if at == nil {
		return nil, false
	}
	return r.expand(tx, tx.Scratch(len(b)+64), b, at), true
}

// expand appends the value with its back references filled in.
func (r *Replacer) expand(tx *action.Tx, out, b []byte, at []int) []byte {
	value := tx.Value(r.value)
	for i := 0; i < len(value); i++ {
		c := value[i]
		if c != '\\' || i+1 == len(value) {
			out = append(out, c)
			continue
		}
		i++
		n := int(value[i] - '0')
		switch {
		case n < 0 || n > 9:
			out = append(out, value[i])
		case 2*n+1 < len(at) && at[2*n] >= 0:
			out = append(out, b[at[2*n]:at[2*n+1]]...)
		}
	}
	return out
}
