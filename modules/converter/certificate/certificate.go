// Package certificate registers the converter of HAProxy's manual, section 7.3.1,
// for what is wrong with certificates: x509_v_err_str.
package certificate

import (
	"strconv"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
)

func init() {
	const doc = "gives OpenSSL's name of an error of a certificate, such as X509_V_ERR_CERT_HAS_EXPIRED, or the number where it has none here"
	module.RegisterRecord(expr.ConverterKind, "x509_v_err_str", doc, expr.Converter{Doc: doc, In: expr.Int, Out: expr.Str, Eval: name})
}

func name(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if text := secure.CodeName(int(s.Int)); text != "" {
		s.SetStr(append(e.Scratch(len(text)), text...))
		return true
	}
	s.SetStr(strconv.AppendInt(e.Scratch(20), s.Int, 10))
	return true
}
