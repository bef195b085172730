// Package httpslog is the log format of HTTP over TLS, the same as "option httpslog"
// (HAProxy manual 8.2.4):
//
//	10.0.1.2:33317 [06/Feb/2009:12:14:14.655] web app/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {} {} "GET / HTTP/1.1" 0/0/0/0/0 1wt.eu/TLSv1.3/TLS_AES_256_GCM_SHA384
//
// It is used by name in a log table:
//
//	[[global.log]]
//	to = "stdout"
//	format = "httpslog"
//
// The format has no settings; for others write a log-format string instead of
// its name.
package httpslog

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.FormatKind, "httpslog", module.Spec[Config, logs.Formatter]{
		Doc: "HAProxy's HTTPS log format",
		New: New,
	})
}

// Config is the configuration of the format: there is nothing to configure.
type Config struct{}

// New makes the format.
func New(*module.Context, Config) (logs.Formatter, error) {
	return logs.NewFormatString(expr.HTTPSLog), nil
}
