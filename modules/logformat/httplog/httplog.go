// Package httplog is the log format of HTTP, the same as "option httplog"
// (HAProxy manual 8.2.3):
//
//	10.0.1.2:33317 [06/Feb/2009:12:14:14.655] web app/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1"
//
// It is used by name in a log table:
//
//	[[global.log]]
//	to = "stdout"
//	format = "httplog"
//
// The format has no settings; for others write a log-format string instead of
// its name.
package httplog

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.FormatKind, "httplog", module.Spec[Config, logs.Formatter]{
		Doc: "HAProxy's HTTP log format",
		New: New,
	})
}

// Config is the configuration of the format: there is nothing to configure.
type Config struct{}

// New makes the format.
func New(*module.Context, Config) (logs.Formatter, error) {
	return logs.NewFormatString(expr.HTTPLog), nil
}
