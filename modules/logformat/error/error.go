// Package errorlog is the log format of connections that failed before there was a request
// (HAProxy manual 8.2.5):
//
//	127.0.0.1:56059 [03/Dec/2012:17:35:10.380] frt/f1: Connection error during SSL handshake
//
// It is used by name in a log table:
//
//	[[global.log]]
//	to = "stdout"
//	format = "error"
//
// The format has no settings; for others write a log-format string instead of
// its name.
package errorlog

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.FormatKind, "error", module.Spec[Config, logs.Formatter]{
		Doc: "HAProxy's format of connection errors",
		New: New,
	})
}

// Config is the configuration of the format: there is nothing to configure.
type Config struct{}

// New makes the format.
func New(*module.Context, Config) (logs.Formatter, error) {
	return logs.NewFormatString(expr.ErrorLog), nil
}
