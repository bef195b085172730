package variable

import "github.com/fairleadproxy/fairlead/core/expr"

// holds reports whether a condition allows the value s; old is the variable's
// own, if it is set (HAProxy manual section 7.3.1 "set-var"). A variable exists
// exactly while it is set.
func holds(condition string, s, old *expr.Sample, set bool) bool {
	integers := set && s.Type == expr.Int && old.Type == expr.Int
	switch condition {
	case "ifexists", "ifset":
		return set
	case "ifnotexists", "ifnotset":
		return !set
	case "ifempty":
		return empty(s)
	case "ifnotempty":
		return !empty(s)
	case "ifgt":
		return !integers || old.Int > s.Int
	case "iflt":
		return !integers || old.Int < s.Int
	}
	return true
}

// empty reports whether a value is text without any.
func empty(s *expr.Sample) bool {
	switch s.Type {
	case expr.Str, expr.Bin, expr.Method:
		return len(s.Bytes) == 0
	}
	return false
}
