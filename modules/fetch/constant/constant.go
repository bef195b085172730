// Package constant is the sample fetches that give what stands in the
// configuration (HAProxy manual section 7.3.1). Importing the package registers
// them.
//
// What they give is made when a configuration is loaded; all streams share it.
package constant

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	one := func(t expr.ArgType) []expr.Arg { return []expr.Arg{{Name: "value", Type: t}} }
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "true", Out: expr.Bool, Phases: expr.Everywhere, Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			s.SetBool(true)
			return true
		}}, "always_true"),
		register.As(expr.Fetch{Doc: "false", Out: expr.Bool, Phases: expr.Everywhere, Eval: func(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			s.SetBool(false)
			return true
		}}, "always_false"),
		register.As(expr.Fetch{Doc: "a boolean: true, false, 1 or 0", Out: expr.Bool, Args: one(expr.ArgStr), Phases: expr.Everywhere, Bind: bindBool,
			Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
				s.SetBool(a.Data.(bool))
				return true
			}}, "bool"),
		register.As(expr.Fetch{Doc: "an integer", Out: expr.Int, Args: one(expr.ArgInt), Phases: expr.Everywhere,
			Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
				s.SetInt(a.V[0].Int)
				return true
			}}, "int"),
		register.As(expr.Fetch{Doc: "a string, empty without an argument", Out: expr.Str, Args: []expr.Arg{{Name: "text", Type: expr.ArgStr, Optional: true}}, Phases: expr.Everywhere, Bind: bindBytes,
			Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
				s.SetStr(a.Data.([]byte))
				return true
			}}, "str"),
		register.As(expr.Fetch{Doc: "an HTTP method", Out: expr.Method, Args: one(expr.ArgStr), Phases: expr.Everywhere, Bind: bindBytes,
			Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
				s.Type, s.Bytes = expr.Method, a.Data.([]byte)
				return true
			}}, "meth"),
		register.As(expr.Fetch{Doc: "bytes, in hexadecimal", Out: expr.Bin, Args: one(expr.ArgStr), Phases: expr.Everywhere, Bind: bindHex,
			Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
				s.SetBin(a.Data.([]byte))
				return true
			}}, "bin"),
		register.As(expr.Fetch{Doc: "an IPv4 address", Out: expr.IP, Args: one(expr.ArgIP), Phases: expr.Everywhere, Bind: family(true), Eval: address}, "ipv4"),
		register.As(expr.Fetch{Doc: "an IPv6 address", Out: expr.IP, Args: one(expr.ArgIP), Phases: expr.Everywhere, Bind: family(false), Eval: address}, "ipv6"),
	})
}

func bindBool(_ *expr.Scope, a *expr.Args) error {
	switch strings.ToLower(a.Str(0)) {
	case "true", "1":
		a.Data = true
	case "false", "0":
		a.Data = false
	default:
		return fmt.Errorf("%q is not a boolean: write true or false", a.Str(0))
	}
	return nil
}

func bindBytes(_ *expr.Scope, a *expr.Args) error {
	a.Data = []byte(a.Str(0))
	return nil
}

func bindHex(_ *expr.Scope, a *expr.Args) error {
	b, err := hex.DecodeString(a.Str(0))
	a.Data = b
	if err != nil || len(b) == 0 {
		return fmt.Errorf("%q is not hexadecimal, with two digits for each byte", a.Str(0))
	}
	return nil
}

func family(v4 bool) func(*expr.Scope, *expr.Args) error {
	return func(_ *expr.Scope, a *expr.Args) error {
		ip := a.V[0].IP
		switch {
		case ip.Zone() != "":
			return fmt.Errorf("%s has a zone, which addresses of clients have not", ip)
		case ip.Is4() && !v4:
			return fmt.Errorf("%s is an IPv4 address: write ipv4(%s)", ip, ip)
		case !ip.Is4() && v4:
			return fmt.Errorf("%s is an IPv6 address: write ipv6(%s)", ip, ip)
		}
		return nil
	}
}

func address(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	s.SetIP(a.V[0].IP)
	return true
}
