// Package text registers the converters of HAProxy's manual, section 7.3.1,
// that take strings apart and put them together: lower, upper, length, field,
// word, bytes, ltrim, rtrim, cut_crlf, reverse, reverse_dom, param, has_ctl,
// regsub, concat, add_item, strcmp and secure_memcmp.
//
// They work on bytes, not on characters of an encoding, and may be used by many
// goroutines at once. Results are views of the input or of the Env's scratch
// space; regsub alone allocates, and only where its expression matches.
package text

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

func init() {
	for _, r := range records() {
		module.RegisterRecord(expr.ConverterKind, r.Name, r.Doc, r.Converter)
	}
}

func records() []arg.Record {
	parts := []arg.Record{
		{Name: "lower", Converter: expr.Converter{Doc: "changes A to Z into lower case", In: expr.Str, Out: expr.Str, Eval: lower}},
		{Name: "upper", Converter: expr.Converter{Doc: "changes a to z into upper case", In: expr.Str, Out: expr.Str, Eval: upper}},
		{Name: "length", Converter: expr.Converter{Doc: "gives the length in bytes", In: expr.Str, Out: expr.Int, Eval: length}},
		{Name: "reverse", Converter: expr.Converter{Doc: "reverses the string byte by byte", In: expr.Str, Out: expr.Str, Eval: reverse}},
		{Name: "reverse_dom", Converter: expr.Converter{Doc: "reverses the labels of a host name; one with empty labels gives nothing", In: expr.Str, Out: expr.Str, Eval: reverseDomain}},
		{Name: "ltrim", Converter: expr.Converter{
			Doc: "skips the given characters at the beginning", In: expr.Str, Out: expr.Str,
			Args: []expr.Arg{arg.Need("chars", expr.ArgStr)}, Bind: bindSet(0), Eval: ltrim}},
		{Name: "rtrim", Converter: expr.Converter{
			Doc: "skips the given characters at the end", In: expr.Str, Out: expr.Str,
			Args: []expr.Arg{arg.Need("chars", expr.ArgStr)}, Bind: bindSet(0), Eval: rtrim}},
		{Name: "cut_crlf", Converter: expr.Converter{Doc: "cuts at the first carriage return or line feed", In: expr.Str, Out: expr.Str, Eval: cutCRLF}},
		{Name: "has_ctl", Converter: expr.Converter{
			Doc: "tells whether there are control characters, all but TAB or those of a mask", In: expr.Bin, Out: expr.Bool,
			Args: arg.Optional(arg.Need("mask", expr.ArgStr)), Bind: bindMask, Eval: hasControl}},
	}
	return append(append(parts, cutting()...), joining()...)
}
