// Package stderr is the logger of standard error: lines go to file descriptor 2
// as they come, bare unless a header is asked for. With header = "short" they
// have the level in front that systemd's journal understands.
//
//	[[global.log]]
//	to = "stderr"
//	header = "short"
//
// A reader that stops reading makes lines wait and then drop, never streams.
// When it goes away for good the lines are lost and counted; the process lives
// on. The descriptor's flags are left alone, since other processes share it.
package stderr

import (
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/logger/internal/output"
)

func init() {
	module.Register(logs.Kind, "stderr", module.Spec[Config, logs.Logger]{
		Doc: "Writes lines to standard error", New: New,
	})
}

// Config is the configuration of the logger.
type Config struct {
	logs.SinkConfig
}

// New makes the logger.
func New(ctx *module.Context, c Config) (logs.Logger, error) {
	return output.NewStandard(ctx, c.SinkConfig, 2, "logger.stderr", "standard error")
}
