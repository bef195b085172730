package payload

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	name := []expr.Arg{{Name: "name", Type: expr.ArgStr, Optional: true}}
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "the cookie in the first packet of an RDP client, if it has the name", Out: expr.Str, Phases: ofClient,
			Args: name, Eval: rdpCookie}, "req.rdp_cookie", "rdp_cookie"),
		register.As(expr.Fetch{Doc: "the number of cookies of a name in the first packet of an RDP client, 0 or 1", Out: expr.Int, Phases: ofClient,
			Args: name, Eval: rdpCookieCount}, "req.rdp_cookie_cnt", "rdp_cookie_cnt"),
	})
}

// Where things stand in an X.224 connection request ([MS-RDPBCGR] section
// 2.2.1.1): a TPKT header of 4 bytes, the first of them 3, the length, the code,
// and after 5 more bytes the line of the cookie.
const (
	tpktVersion    = 3
	x224CodeOffset = 5
	x224Request    = 0xe0
	rdpLineOffset  = 11
	maxRDPLine     = 1024 // more is no cookie, in bytes
)

// rdpLabel begins the line, in any case of letters.
const rdpLabel = "Cookie:"

// parseRDP gives name and value of the cookie that the bytes begin with.
func parseRDP(b []byte) (name, value []byte, st state) {
	for i, want := range [...]int{0: tpktVersion, x224CodeOffset: x224Request} {
		if want != 0 && i < len(b) && int(b[i]) != want {
			return nil, nil, other
		}
	}
	if len(b) < rdpLineOffset {
		return nil, nil, incomplete
	}
	line := b[rdpLineOffset:]
	n := min(len(line), len(rdpLabel))
	if !httpmsg.EqualFold(line[:n], rdpLabel[:n]) {
		return nil, nil, other
	}
	end := bytes.IndexByte(line, '\r')
	switch {
	case end < 0 && len(line) > maxRDPLine:
		return nil, nil, other
	case end < 0:
		return nil, nil, incomplete
	case end < len(rdpLabel):
		return nil, nil, other
	}
	name, value, ok := bytes.Cut(line[len(rdpLabel):end], []byte("="))
	if !ok {
		return nil, nil, other
	}
	return bytes.TrimLeft(name, " "), value, complete
}

func rdpCookie(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	name, value, st := parseRDP(e.Input)
	if st == incomplete {
		return needMore(e)
	}
	s.SetStr(value)
	return st == complete && rdpNamed(a, name)
}

func rdpCookieCount(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	name, _, st := parseRDP(e.Input)
	if st == incomplete && !final(e) {
		return needMore(e)
	}
	s.SetInt(0)
	if st == complete && rdpNamed(a, name) {
		s.SetInt(1)
	}
	return true
}

func rdpNamed(a *expr.Args, name []byte) bool {
	return a.Str(0) == "" || httpmsg.EqualFold(name, a.Str(0))
}
