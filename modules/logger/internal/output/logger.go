package output

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Config is the configuration of a logger that writes to one of the process's own
// descriptors.
type Config struct {
	logs.SinkConfig
}

// Logger writes to one of the process's own descriptors.
type Logger struct {
	*logs.Writer
	out *Descriptor
}

// NewLogger makes the logger of a name, and of a descriptor that is called so in
// errors.
func NewLogger(ctx *module.Context, c Config, name string, fd int, called string) (logs.Logger, error) {
	h, err := logs.NewHeader(c.SinkConfig, 0)
	if err != nil {
		return nil, err
	}
	out := NewDescriptor(fd, called, h)
	w := logs.NewWriter(ctx, out, logs.Options{Name: "logger." + name, QueueBytes: int(c.Queue), Interval: 5 * time.Millisecond})
	return &Logger{w, out}, nil
}

// Prepare checks that the descriptor is open.
func (l *Logger) Prepare(*module.Context) error { return l.out.Open() }
