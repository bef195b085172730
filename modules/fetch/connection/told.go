package connection

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/proxyproto"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	register.Fetches([]register.Entry{
		told("the authority in the PROXY protocol's header", proxyproto.TypeAuthority, "fc_pp_authority"),
		told("the unique ID in the PROXY protocol's header", proxyproto.TypeUniqueID, "fc_pp_unique_id"),
		register.As(expr.Fetch{
			Doc: "the values of the TLVs of a type in the PROXY protocol's header: a number from 0 to 255, or a name such as ALPN and SSL_CN",
			Out: expr.Str, Phases: expr.Everywhere, Multi: true, Args: []expr.Arg{{Name: "id", Type: expr.ArgStr}}, Bind: bindType, Eval: everyTLV,
		}, "fc_pp_tlv"),
	})
}

// told is the first TLV of a type.
func told(doc string, typ byte, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: expr.Everywhere, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		return nthTLV(e, typ, 0, s)
	}}, name)
}

func bindType(_ *expr.Scope, a *expr.Args) (err error) {
	a.Data, err = proxyproto.ParseType(a.Str(0))
	return err
}

func everyTLV(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	typ, ok := a.Data.(byte)
	n := s.Next
	if !ok || !nthTLV(e, typ, n, s) {
		return false
	}
	s.Next = n + 1
	return true
}

func nthTLV(e *expr.Env, typ byte, n int, s *expr.Sample) bool {
	if e.Conn == nil {
		return false
	}
	value, ok := proxyproto.Nth(e.Conn.TLVs, typ, n)
	s.SetStr(value)
	return ok
}
