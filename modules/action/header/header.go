// Package header is the actions that change header fields: set-header,
// add-header, del-header, replace-header and replace-value (HAProxy manual
// section 4.4), in the lists http-request, http-response and
// http-after-response.
//
//	http-request = [
//	  { do = "set-header", name = "X-Real-IP", value = "%[src]" },
//	  { do = "del-header", name = "X-Debug" },
//	]
//
// Bytes in a value that would end its line become spaces. The fields that say
// where a message ends, Content-Length and Transfer-Encoding, are the engine's:
// rules that name them are refused, and others pass them by. A new Host is put
// into the target too where that names an authority. The actions hold no state
// of streams: they may run for many at a time.
package header

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/action/internal/target"
)

func init() {
	module.Register(action.Kind, "set-header", module.Spec[Config, action.Action]{
		Doc: "Sets a header field, removing those of the name first",
		New: func(_ *module.Context, c Config) (action.Action, error) { return newSetter(c, true) },
	})
	module.Register(action.Kind, "add-header", module.Spec[Config, action.Action]{
		Doc: "Adds a header field after those that are there",
		New: func(_ *module.Context, c Config) (action.Action, error) { return newSetter(c, false) },
	})
}

// Config is the configuration of set-header and add-header.
type Config struct {
	// Name is the field's name. Required.
	Name string `toml:"name,required" pos:"1"`
	// Value is a log-format string for its value. Required.
	Value string `toml:"value,required" pos:"2"`
}

type setter struct {
	name, text string
	replace    bool
	host       bool
	value      *expr.Format
}

func newSetter(c Config, replace bool) (action.Action, error) {
	if err := checkName(c.Name); err != nil {
		return nil, err
	}
	host := isHost(c.Name)
	if host && !replace {
		return nil, module.Wrong("name", `a request has one Host only; write do = "set-header"`)
	}
	return &setter{name: c.Name, text: c.Value, replace: replace, host: host}, nil
}

func isHost(name string) bool { return httpmsg.Classify([]byte(name)) == httpmsg.Host }

// checkName refuses what is no name of a field, and the names of fields that
// are not for rules.
func checkName(name string) error {
	if !action.Token(name) {
		return module.Wrong("name", "%q is not the name of a header field: use letters, digits and '-'", name)
	}
	if frames(httpmsg.Classify([]byte(name))) {
		return module.Wrong("name", "%s says where the message ends and is written by the proxy: leave it as it is", name)
	}
	return nil
}

// frames reports whether a field says where its message ends (RFC 9112 section 6).
func frames(k httpmsg.Known) bool {
	return k == httpmsg.ContentLength || k == httpmsg.TransferEncoding
}

func (*setter) Phases() expr.Phases { return action.Messages }

func (a *setter) Compile(sc *expr.Scope) (err error) {
	a.value, err = action.Format(sc, "value", a.text)
	return err
}

func (a *setter) Run(tx *action.Tx) action.Verdict {
	m := tx.Message()
	if m == nil {
		return action.Continue
	}
	value := tx.Value(a.value) // before the field that it may be made of goes
	if a.replace {
		m.SetHeader(a.name, value)
	} else {
		m.AddHeader(a.name, value)
	}
	if a.host && m == tx.Req {
		target.SetAuthority(tx, value)
	}
	return action.Continue
}
