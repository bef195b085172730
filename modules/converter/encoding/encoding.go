// Package encoding registers the converters of HAProxy's manual, section 7.3.1,
// between bytes and text: base64, b64dec, ub64enc, ub64dec, hex, hex2i, base2,
// be2dec, le2dec, be2hex, htonl, url_dec, url_enc, json and json_query.
//
// Input that is not what a decoder reads gives no value. Results live in the
// Env's scratch space; the converters may be used by many goroutines at once.
package encoding

import (
	"encoding/base64"
	"encoding/binary"

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
	list := []arg.Record{
		{Name: "base64", Converter: expr.Converter{Doc: "encodes in base64", In: expr.Bin, Out: expr.Str, Eval: encode64(base64.StdEncoding)}},
		{Name: "ub64enc", Converter: expr.Converter{Doc: "encodes in base64url (RFC 4648), without padding", In: expr.Bin, Out: expr.Str, Eval: encode64(base64.RawURLEncoding)}},
		{Name: "b64dec", Converter: expr.Converter{Doc: "decodes base64", In: expr.Str, Out: expr.Bin, Eval: decode64(base64.StdEncoding, (*expr.Sample).SetBin)}},
		{Name: "ub64dec", Converter: expr.Converter{Doc: "decodes base64url (RFC 4648) without padding", In: expr.Str, Out: expr.Str, Eval: decode64(base64.RawURLEncoding, (*expr.Sample).SetStr)}},
		{Name: "htonl", Converter: expr.Converter{Doc: "gives the lower 32 bits as 4 bytes in network order", In: expr.Int, Out: expr.Bin, Eval: htonl}},
		{Name: "url_dec", Converter: expr.Converter{
			Doc: "decodes %XX, and + after a question mark or, with an argument that is not 0, everywhere", In: expr.Str, Out: expr.Str,
			Args: arg.Optional(arg.Need("in_form", expr.ArgInt)), Eval: urlDecode}},
		{Name: "url_enc", Converter: expr.Converter{
			Doc: "encodes as %XX what has a meaning in a query", In: expr.Str, Out: expr.Str,
			Args: arg.Optional(arg.Need("type", expr.ArgStr)), Bind: bindURLEncode, Eval: urlEncode}},
		{Name: "json", Converter: expr.Converter{
			Doc: "escapes a text for a JSON string; the argument says how it is encoded: ascii, utf8, utf8s, utf8p or utf8ps", In: expr.Str, Out: expr.Str,
			Args: arg.Optional(arg.Need("input-code", expr.ArgStr)), Bind: bindJSON, Eval: escapeJSON}},
		{Name: "json_query", Converter: expr.Converter{
			Doc: "gives the value at a JSON path: a string, number, boolean or array", In: expr.Str, Out: expr.Str,
			Args: []expr.Arg{arg.Need("json_path", expr.ArgStr), {Name: "output_type", Type: expr.ArgStr, Optional: true}}, Bind: bindQuery, Eval: query}},
	}
	return append(list, digits()...)
}

func encode64(enc *base64.Encoding) func(*expr.Env, *expr.Args, *expr.Sample) bool {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		s.SetStr(enc.AppendEncode(e.Scratch(enc.EncodedLen(len(s.Bytes))), s.Bytes))
		return true
	}
}

func decode64(enc *base64.Encoding, set func(*expr.Sample, []byte)) func(*expr.Env, *expr.Args, *expr.Sample) bool {
	return func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		out, err := enc.AppendDecode(e.Scratch(enc.DecodedLen(len(s.Bytes))), s.Bytes)
		if err != nil {
			return false
		}
		set(s, out)
		return true
	}
}

func htonl(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	s.SetBin(binary.BigEndian.AppendUint32(e.Scratch(4), uint32(s.Int)))
	return true
}
