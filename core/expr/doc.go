// Package expr is HAProxy's expression language: samples, fetches, converters,
// match methods, ACLs, conditions and log-format strings, as section 7 and
// section 8.2.6 of its manual describe them.
//
// Text is parsed and checked once, when a configuration is loaded, and then
// evaluated for each stream without allocating:
//
//	sc := expr.NewScope(registry, expr.HTTPRequest)
//	err := sc.DefineACL("api", []string{"path_beg /api"})
//	cond, err := expr.ParseCondition(sc, "api !{ src 10.0.0.0/8 }")
//	if cond.Eval(env) { ... }
//
// What is parsed does not change and may be evaluated by many goroutines at
// once, each with an Env of its own. Fetches, converters and match methods are
// records that modules register; the language itself knows none of them.
package expr

import (
	"errors"
	"fmt"
)

// Error is what is wrong with an expression, and where in its text.
type Error struct {
	Off  int    // byte offset in the text
	Msg  string // what is wrong
	Hint string // what to write instead, or ""
}

func (e *Error) Error() string {
	if e.Hint != "" {
		return e.Msg + "; " + e.Hint
	}
	return e.Msg
}

func errAt(off int, format string, args ...any) *Error {
	return &Error{Off: off, Msg: fmt.Sprintf(format, args...)}
}

// moved adds to the offset of an error of a text that begins at off of another.
func moved(err error, off int) error {
	var e *Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Off += off
	return &c
}
