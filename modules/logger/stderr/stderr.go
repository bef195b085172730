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
	"time"

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

// Logger writes to standard error.
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
	out := output.NewDescriptor(2, "standard error", h)
	w := logs.NewWriter(ctx, out, logs.Options{Name: "logger.stderr", QueueBytes: int(c.Queue), Interval: 5 * time.Millisecond})
	return &Logger{w, out}, nil
}

// Prepare checks that standard error is open.
func (l *Logger) Prepare(*module.Context) error { return l.out.Open() }
