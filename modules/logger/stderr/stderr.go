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
	module.Register(logs.Kind, "stderr", module.Spec[output.Config, logs.Logger]{
		Doc: "Writes lines to standard error", New: New,
	})
}

// New makes the logger.
func New(ctx *module.Context, c output.Config) (logs.Logger, error) {
	return output.NewLogger(ctx, c, "stderr", 2, "standard error")
}
