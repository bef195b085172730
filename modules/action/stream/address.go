package stream

import (
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
)

// AddressConfig is the configuration of set-src and its like.
type AddressConfig struct {
	// Expr is a sample expression for the address or port. Required.
	Expr string `toml:"expr,required" pos:"1"`
}

type address struct {
	text  string
	expr  *expr.Expr
	apply func(*action.Tx, *expr.Sample)
}

func (*address) Phases() expr.Phases {
	return expr.In(expr.TCPConnection, expr.TCPSession, expr.TCPContent, expr.HTTPRequest)
}

func (a *address) Compile(sc *expr.Scope) (err error) {
	a.expr, err = action.Expr(sc, "expr", a.text)
	return err
}

func (a *address) Run(tx *action.Tx) action.Verdict {
	s := tx.Borrow()
	defer tx.GiveBack()
	if a.expr.Eval(tx.Env, s) {
		a.apply(tx, s)
	}
	return action.Continue
}

func setSrc(tx *action.Tx, s *expr.Sample) { setAddr(tx, s, &tx.Conn.Src) }

func setDst(tx *action.Tx, s *expr.Sample) { setAddr(tx, s, &tx.Conn.Dst) }

func setSrcPort(tx *action.Tx, s *expr.Sample) { setPort(tx, s, &tx.Conn.Src) }

func setDstPort(tx *action.Tx, s *expr.Sample) { setPort(tx, s, &tx.Conn.Dst) }

func setAddr(tx *action.Tx, s *expr.Sample, at *netip.AddrPort) {
	if expr.Cast(tx.Env, s, expr.IP) {
		*at = netip.AddrPortFrom(s.Addr, at.Port())
	}
}

// setPort sets the port; what has no address, as a client at a UNIX socket, gets
// 0.0.0.0 (HAProxy manual section 4.4 "set-src-port"). Numbers that are no port
// change nothing.
func setPort(tx *action.Tx, s *expr.Sample, at *netip.AddrPort) {
	if !expr.Cast(tx.Env, s, expr.Int) || s.Int < 0 || s.Int > 65535 {
		return
	}
	addr := at.Addr()
	if !addr.IsValid() {
		addr = netip.IPv4Unspecified()
	}
	*at = netip.AddrPortFrom(addr, uint16(s.Int))
}
