package http

import (
	"bytes"
	"encoding/base64"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	list := []expr.Arg{{Name: "userlist", Type: expr.ArgUserlist}}
	part := func(doc string, f func(user, pass []byte) []byte, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: request, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			user, pass, ok := credentials(e)
			s.SetStr(f(user, pass))
			return ok
		}}, name)
	}
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "whether the credentials of the request are right by the userlist", Out: expr.Bool, Phases: request,
			Args: list, Bind: bindList, Eval: auth}, "http_auth"),
		register.As(expr.Fetch{Doc: "the groups of the request's user, whose password is right by the userlist", Out: expr.Str, Phases: request,
			Args: list, Bind: bindList, Multi: true, Eval: groups}, "http_auth_group"),
		part("the user name of the request's credentials", func(u, _ []byte) []byte { return u }, "http_auth_user"),
		part("the password of the request's credentials", func(_, p []byte) []byte { return p }, "http_auth_pass"),
		register.As(expr.Fetch{Doc: "the scheme of the request's Authorization field, Basic, Bearer and Digest written so", Out: expr.Str, Phases: request,
			Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
				scheme, _, ok := authorization(e)
				s.SetStr(append(e.Scratch(len(scheme)), scheme...))
				for _, usual := range [...]string{"Basic", "Bearer", "Digest"} {
					if httpmsg.EqualFold(scheme, usual) {
						copy(s.Bytes, usual)
					}
				}
				return ok
			}}, "http_auth_type"),
		register.As(expr.Fetch{Doc: "the token of the request's Bearer authorization, or of the field that is named", Out: expr.Str, Phases: request,
			Args: []expr.Arg{{Name: "header", Type: expr.ArgStr, Optional: true}}, Eval: bearer}, "http_auth_bearer"),
	})
}

// authorization gives the scheme and the rest of the field for credentials.
func authorization(e *expr.Env) (scheme, rest []byte, ok bool) {
	if e.Req == nil {
		return nil, nil, false
	}
	return splitScheme(e.Req, "authorization")
}

func splitScheme(m *httpmsg.Message, name string) (scheme, rest []byte, ok bool) {
	v, found := m.Header(name)
	if !found {
		return nil, nil, false
	}
	scheme, rest, ok = bytes.Cut(v, []byte(" "))
	return scheme, bytes.TrimLeft(rest, " "), ok
}

// credentials gives user and password of Basic credentials (RFC 7617).
func credentials(e *expr.Env) (user, pass []byte, ok bool) {
	scheme, rest, ok := authorization(e)
	if !ok || !httpmsg.EqualFold(scheme, "basic") {
		return nil, nil, false
	}
	n := base64.StdEncoding.DecodedLen(len(rest))
	b := e.Scratch(n)[:n]
	n, err := base64.StdEncoding.Decode(b, rest)
	if err != nil {
		return nil, nil, false
	}
	return bytes.Cut(b[:n], []byte(":"))
}

func bindList(sc *expr.Scope, a *expr.Args) error {
	if sc.Userlists == nil {
		return nil
	}
	if l, ok := sc.Userlists(a.Str(0)); ok {
		a.Data = l
	}
	return nil
}

func auth(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	list, ok := a.Data.(expr.Userlist)
	if !ok || e.Req == nil {
		return false
	}
	user, pass, ok := credentials(e)
	s.SetBool(ok && list.Check(expr.String(user), expr.String(pass)))
	return true
}

func groups(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	list, ok := a.Data.(expr.Userlist)
	if !ok {
		return false
	}
	user, pass, ok := credentials(e)
	if !ok || !list.Check(expr.String(user), expr.String(pass)) {
		return false
	}
	all := list.Groups(expr.String(user))
	if s.Next >= len(all) {
		return false
	}
	g := all[s.Next]
	s.Next++
	s.SetStr(append(e.Scratch(len(g)), g...))
	return true
}

func bearer(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	if e.Req == nil {
		return false
	}
	name := "authorization"
	if a.Given(0) {
		name = a.Str(0)
	}
	scheme, rest, ok := splitScheme(e.Req, name)
	s.SetStr(rest)
	return ok && httpmsg.EqualFold(scheme, "bearer")
}
