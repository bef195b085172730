package standard

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// exact is a set of strings, folded to lower case where case does not count.
type exact struct {
	set  map[string]struct{}
	fold bool
}

func compileStr(patterns []string, fold bool) (expr.PatternSet, error) {
	x := &exact{set: make(map[string]struct{}, len(patterns)), fold: fold}
	for _, p := range patterns {
		if fold {
			p = strings.ToLower(p)
		}
		x.set[p] = struct{}{}
	}
	return x, nil
}

func (x *exact) Match(e *expr.Env, s *expr.Sample) bool {
	b := s.Bytes
	if x.fold {
		b = lower(e, b)
	}
	_, ok := x.set[string(b)]
	return ok
}

// lower gives b in lower case, b itself where it is already.
func lower(e *expr.Env, b []byte) []byte {
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			out := append(e.Scratch(len(b)), b...)
			for ; i < len(out); i++ {
				if 'A' <= out[i] && out[i] <= 'Z' {
					out[i] += 'a' - 'A'
				}
			}
			return out
		}
	}
	return b
}

func compileBin(patterns []string, _ bool) (expr.PatternSet, error) {
	x := &exact{set: map[string]struct{}{}}
	for _, p := range patterns {
		b, err := hex.DecodeString(p)
		if err != nil {
			return nil, fmt.Errorf("pattern %q is not hexadecimal: %w", p, err)
		}
		x.set[string(b)] = struct{}{}
	}
	return x, nil
}

// affixes compares with each pattern in turn.
type affixes struct {
	patterns [][]byte
	fold     bool
	has      func(b, pattern []byte) bool
}

func affix(has func(b, pattern []byte) bool) func([]string, bool) (expr.PatternSet, error) {
	return func(patterns []string, fold bool) (expr.PatternSet, error) {
		x := &affixes{fold: fold, has: has}
		for _, p := range patterns {
			if fold {
				p = strings.ToLower(p)
			}
			x.patterns = append(x.patterns, []byte(p))
		}
		return x, nil
	}
}

func (x *affixes) Match(e *expr.Env, s *expr.Sample) bool {
	b := s.Bytes
	if x.fold {
		b = lower(e, b)
	}
	for _, p := range x.patterns {
		if x.has(b, p) {
			return true
		}
	}
	return false
}

func hasPrefix(b, p []byte) bool { return bytes.HasPrefix(b, p) }
func hasSuffix(b, p []byte) bool { return bytes.HasSuffix(b, p) }
func contains(b, p []byte) bool  { return bytes.Contains(b, p) }

// hasPart matches a pattern that stands between delimiters, or the ends.
func hasPart(delimiters string) func(b, p []byte) bool {
	return func(b, p []byte) bool {
		p = bytes.Trim(p, delimiters)
		if len(p) == 0 {
			return false
		}
		for from := 0; ; {
			i := bytes.Index(b[from:], p)
			if i < 0 {
				return false
			}
			start := from + i
			end := start + len(p)
			if (start == 0 || strings.IndexByte(delimiters, b[start-1]) >= 0) && (end == len(b) || strings.IndexByte(delimiters, b[end]) >= 0) {
				return true
			}
			from = start + 1
		}
	}
}

// regexes tries each expression in turn.
type regexes []*regexp.Regexp

func compileRegex(patterns []string, fold bool) (expr.PatternSet, error) {
	var x regexes
	for _, p := range patterns {
		if fold {
			p = "(?i)" + p
		}
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		x = append(x, re)
	}
	return x, nil
}

func (x regexes) Match(_ *expr.Env, s *expr.Sample) bool {
	for _, re := range x {
		if re.Match(s.Bytes) {
			return true
		}
	}
	return false
}
