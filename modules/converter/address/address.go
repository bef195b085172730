// Package address registers the converter of HAProxy's manual, section 7.3.1,
// for addresses: ipmask.
//
// It keeps no state and does not allocate. IPv4 addresses that are mapped into
// IPv6 count as IPv4.
package address

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

func init() {
	r := ipmask()
	module.RegisterRecord(expr.ConverterKind, r.Name, r.Doc, r.Converter)
}

func ipmask() arg.Record {
	return arg.Record{Name: "ipmask", Converter: expr.Converter{
		Doc: "keeps as many bits of an address as the mask says, one for IPv4 and an optional one for IPv6, without which IPv6 addresses give nothing",
		In:  expr.IP, Out: expr.IP,
		Args: []expr.Arg{arg.Need("mask4", expr.ArgMask), {Name: "mask6", Type: expr.ArgMask6, Optional: true}},
		Eval: mask,
	}}
}

func mask(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	bits := a.V[0].Int
	if s.Addr.Is6() {
		if !a.Given(1) {
			return false
		}
		bits = a.V[1].Int
	}
	p, err := s.Addr.Prefix(int(bits))
	if err != nil {
		return false
	}
	s.SetIP(p.Addr())
	return true
}
