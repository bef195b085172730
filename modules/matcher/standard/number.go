package standard

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// ranges are closed ranges of integers.
type ranges []span

type span struct{ low, high int64 }

func (r ranges) has(n int64) bool {
	for _, s := range r {
		if s.low <= n && n <= s.high {
			return true
		}
	}
	return false
}

func (r ranges) Match(_ *expr.Env, s *expr.Sample) bool { return r.has(s.Int) }

func compileInt(patterns []string, _ bool) (expr.PatternSet, error) { return parseRanges(patterns) }

// parseRanges reads operators and values; an operator holds for all values
// after it until the next.
func parseRanges(patterns []string) (ranges, error) {
	var out ranges
	operator := "eq"
	values := 0
	for _, p := range patterns {
		switch p {
		case "eq", "ge", "gt", "le", "lt":
			operator = p
			continue
		}
		s, err := parseRange(operator, p)
		if err != nil {
			return nil, err
		}
		values++
		out = append(out, s)
	}
	if values == 0 {
		return nil, fmt.Errorf("operator %q has no value", operator)
	}
	return out, nil
}

func parseRange(operator, p string) (span, error) {
	low, high, isRange := strings.Cut(p, ":")
	if !isRange {
		high = low
	} else if operator != "eq" {
		return span{}, fmt.Errorf("the range %q cannot be compared with %s", p, operator)
	}
	s := span{math.MinInt64, math.MaxInt64}
	for text, to := range map[*string]*int64{&low: &s.low, &high: &s.high} {
		if *text == "" && isRange {
			continue
		}
		n, err := strconv.ParseInt(*text, 10, 64)
		if err != nil {
			return s, fmt.Errorf("pattern %q is not an integer or a range low:high", p)
		}
		*to = n
	}
	switch operator {
	case "ge":
		s.high = math.MaxInt64
	case "gt":
		if s.low == math.MaxInt64 {
			return s, fmt.Errorf("nothing is greater than %s", p)
		}
		s.low, s.high = s.low+1, math.MaxInt64
	case "le":
		s.low = math.MinInt64
	case "lt":
		if s.high == math.MinInt64 {
			return s, fmt.Errorf("nothing is less than %s", p)
		}
		s.low, s.high = math.MinInt64, s.high-1
	}
	return s, nil
}

// lengths are ranges of a string's length.
type lengths struct{ ranges }

func compileLen(patterns []string, _ bool) (expr.PatternSet, error) {
	r, err := parseRanges(patterns)
	return lengths{r}, err
}

func (l lengths) Match(_ *expr.Env, s *expr.Sample) bool { return l.has(int64(len(s.Bytes))) }

// boolean is the value that matches.
type boolean bool

func compileBool(patterns []string, _ bool) (expr.PatternSet, error) {
	if len(patterns) == 0 {
		return boolean(true), nil
	}
	if len(patterns) > 1 {
		return nil, fmt.Errorf("a boolean has at most one pattern, true or false")
	}
	switch strings.ToLower(patterns[0]) {
	case "true", "yes", "on", "1":
		return boolean(true), nil
	case "false", "no", "off", "0":
		return boolean(false), nil
	}
	return nil, fmt.Errorf("pattern %q is neither true nor false", patterns[0])
}

func (b boolean) Match(_ *expr.Env, s *expr.Sample) bool { return (s.Int != 0) == bool(b) }
