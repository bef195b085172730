package reply

import (
	"bytes"

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
	// Realm is what the client shows with the question, a log-format string.
	// Default: the proxy's name.
	Realm string `toml:"realm" pos:"1"`
}

type auth struct {
	text  string
	realm *expr.Format
}

// NewAuth makes the action.
func NewAuth(_ *module.Context, c AuthConfig) (action.Action, error) {
	if c.Realm == "" {
		c.Realm = "%f"
	}
	return &auth{text: c.Realm}, nil
}

func (*auth) Phases() expr.Phases { return action.Requests }

func (a *auth) Compile(sc *expr.Scope) (err error) {
	a.realm, err = action.Format(sc, "realm", a.text)
	return err
}

// Run answers 401, or 407 to a request in the form that proxies get.
func (a *auth) Run(tx *action.Tx) action.Verdict {
	r := &tx.Reply
	r.Reset()
	r.Status, r.Errorfile = 401, true
	name := "www-authenticate"
	if t := tx.Req.Target(); len(t) > 0 && t[0] != '/' && bytes.Contains(t, []byte("://")) {
		r.Status, name = 407, "proxy-authenticate"
	}
	value := append(tx.Scratch(128), `Basic realm="`...)
	for _, c := range tx.Value(a.realm) {
		if c == '"' || c == '\\' {
			value = append(value, '\\')
		}
		value = append(value, c)
	}
	r.Header = append(r.Header, action.Field{Name: name, Value: append(value, '"')})
	return action.Answer
}
