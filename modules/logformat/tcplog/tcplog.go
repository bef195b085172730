// Package tcplog is the log format of TCP, the same as "option tcplog"
// (HAProxy manual 8.2.2):
//
//	10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0
//
// It is used by name in a log table:
//
//	[[global.log]]
//	to = "stdout"
//	format = "tcplog"
//
// The format has no settings; for others write a log-format string instead of
// its name.
package tcplog

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.FormatKind, "tcplog", module.Spec[Config, logs.Formatter]{
		Doc: "HAProxy's TCP log format",
		New: New,
	})
}

// Config is the configuration of the format: there is nothing to configure.
type Config struct{}

// New makes the format.
func New(*module.Context, Config) (logs.Formatter, error) {
	return logs.NewFormatString(expr.TCPLog), nil
}
