package flow

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "silent-drop", module.Spec[SilentConfig, action.Action]{
		Doc: "Closes the connection without telling the client, which goes on holding it for open",
		New: func(_ *module.Context, c SilentConfig) (action.Action, error) {
			drop := &action.SilentDrop{TTL: c.RstTTL}
			return &step{action.Everywhere &^ expr.In(expr.HTTPAfterResponse), action.Reject, func(tx *action.Tx) { tx.Silent = drop }}, nil
		},
	})
}

// SilentConfig is the configuration of silent-drop.
type SilentConfig struct {
	// RstTTL has a reset sent that lives for so many hops: it clears the connection from
	// firewalls nearby, and does not get to the client. On systems other than Linux the
	// connection is closed as by reject. Default 0: nothing is sent, which needs
	// CAP_NET_ADMIN; without that a reset of one hop.
	RstTTL int `toml:"rst-ttl" min:"0" max:"255"`
}
