package reply

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "auth", module.Spec[AuthConfig, action.Action]{
		Doc: "Asks the client for a user name and password (RFC 7617)",
		New: NewAuth,
	})
}

// AuthConfig is the configuration of auth.
type AuthConfig struct {
	// Realm is what the client shows with the question. Default: the name of the
	// proxy in which the rule stands.
	Realm string `toml:"realm" pos:"1"`
}

type auth struct {
	challenge []byte // nil: the proxy's name makes it
}

// NewAuth makes the action.
func NewAuth(_ *module.Context, c AuthConfig) (action.Action, error) {
	if !printable(c.Realm) {
		return nil, module.Wrong("realm", "%q has control characters: leave them out", c.Realm)
	}
	if c.Realm == "" {
		return &auth{}, nil
	}
	return &auth{appendChallenge(nil, c.Realm)}, nil
}

func (*auth) Phases() expr.Phases       { return action.Requests }
func (*auth) Compile(*expr.Scope) error { return nil }

// Run answers 401. The fetches of credentials read Authorization, so that asking
// for Proxy-Authorization by 407 would not help the client.
func (a *auth) Run(tx *action.Tx) action.Verdict {
	value := a.challenge
	if value == nil {
		name := tx.Stream.Backend // the frontend's until a backend is chosen
		value = appendChallenge(tx.Scratch(2*len(name)+len(basic)+2), name)
	}
	r := &tx.Reply
	r.Reset()
	r.Status, r.Errorfile = 401, true
	r.Header = append(r.Header, action.Field{Name: "www-authenticate", Value: value})
	return action.Answer
}

const basic = `Basic realm="`

func appendChallenge(b []byte, realm string) []byte {
	b = append(b, basic...)
	for i := range len(realm) {
		if realm[i] == '"' || realm[i] == '\\' {
			b = append(b, '\\')
		}
		b = append(b, realm[i])
	}
	return append(b, '"')
}

// printable reports whether a text can stand in a header field (RFC 9110 section
// 5.5).
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
