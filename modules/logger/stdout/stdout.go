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
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/logger/internal/output"
)

func init() {
	module.Register(logs.Kind, "stdout", module.Spec[Config, logs.Logger]{
		Doc: "Writes lines to standard output", New: New,
	})
}

// Config is the configuration of the logger.
type Config struct {
	logs.SinkConfig
}

// Logger writes to standard output.
type Logger struct {
	*logs.Writer
	out *output.Descriptor
}

// New makes the logger.
func New(ctx *module.Context, c Config) (logs.Logger, error) {
	h, err := logs.NewHeader(c.SinkConfig, 0)
	if err != nil {
		return nil, err
	}
	out := output.NewDescriptor(1, "standard output", h)
	w := logs.NewWriter(ctx, out, logs.Options{Name: "logger.stdout", QueueBytes: int(c.Queue), Interval: 5 * time.Millisecond})
	return &Logger{w, out}, nil
}

// Prepare checks that standard output is open.
func (l *Logger) Prepare(*module.Context) error { return l.out.Open() }
