// Package clf is the log format of the Common Log Format with fields of HAProxy's behind it, the same as "option httplog clf"
// (HAProxy manual 8.2.3):
//
//	10.0.1.2 - - [06/Feb/2009:12:14:14 +0000] "GET /index.html HTTP/1.1" 200 2750 "" "" 33317 ...
//
// It is used by name in a log table:
//
//	[[global.log]]
//	to = "stdout"
//	format = "clf"
//
// The format has no settings; for others write a log-format string instead of
// its name.
package clf

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.FormatKind, "clf", module.Spec[Config, logs.Formatter]{
		Doc: "The Common Log Format, with further fields",
		New: New,
	})
}

// Config is the configuration of the format: there is nothing to configure.
type Config struct{}

// New makes the format.
func New(*module.Context, Config) (logs.Formatter, error) {
	return logs.NewFormatString(expr.CLF), nil
}
