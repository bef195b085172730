package logs

import (
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// NewFormatter gives the formatter that text means in a configuration: a
// logformat module by its name, "log" at the end of which may be left out, as
// in "http" for "httplog", or else a log-format string. When the formatter is a
// Compiler, Compile must follow.
//
// A single word that is no module's name and has no % in it is taken for a
// mistake: the error is a *module.UnknownError.
func NewFormatter(ctx *module.Context, text string) (Formatter, error) {
	if strings.ContainsAny(text, "% ") {
		return NewFormatString(text), nil
	}
	entry, err := FormatKind.Lookup(ctx.Registry(), text)
	if err != nil {
		var again error
		if entry, again = FormatKind.Lookup(ctx.Registry(), text+"log"); again != nil {
			return nil, err
		}
	}
	return entry.Build(ctx, nil)
}

// FormatString is a Formatter made of a log-format string (HAProxy manual
// 8.2.6). Compile must have succeeded before Append.
type FormatString struct {
	text   string
	format *expr.Format
}

// NewFormatString gives the formatter of a log-format string.
func NewFormatString(text string) *FormatString { return &FormatString{text: text} }

// Compile parses the string. Errors are *expr.Error.
func (f *FormatString) Compile(sc *expr.Scope) error {
	format, err := expr.ParseFormat(sc, f.text)
	if err != nil {
		return err
	}
	f.format = format
	return nil
}

// Append appends the line of the stream in e to dst.
func (f *FormatString) Append(dst []byte, e *expr.Env) []byte { return f.format.Append(dst, e) }

// String gives the log-format string.
func (f *FormatString) String() string { return f.text }

var (
	_ Formatter = (*FormatString)(nil)
	_ Compiler  = (*FormatString)(nil)
)
