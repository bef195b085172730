// Package stdout is the logger of standard output: lines go to file descriptor
// 1 as they come, bare unless a header is asked for, as containers like it.
//
//	[[global.log]]
//	to = "stdout"
//
// A reader that stops reading makes lines wait and then drop, never streams.
// When it goes away for good the lines are lost and counted; the process lives
// on. The descriptor's flags are left alone, since other processes share it.
package stdout

import (
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/logger/internal/output"
)

func init() {
	module.Register(logs.Kind, "stdout", module.Spec[output.Config, logs.Logger]{
		Doc: "Writes lines to standard output", New: New,
	})
}

// New makes the logger.
func New(ctx *module.Context, c output.Config) (logs.Logger, error) {
	return output.NewLogger(ctx, c, "stdout", 1, "standard output")
}
