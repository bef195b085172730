package output

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Standard is the logger of a descriptor that the process was started with.
type Standard struct {
	*logs.Writer
	out *Descriptor
}

// NewStandard makes the logger of descriptor fd, which messages call name. id is
// the module's.
func NewStandard(ctx *module.Context, c logs.SinkConfig, fd int, id, name string) (logs.Logger, error) {
	h, err := logs.NewHeader(c, 0)
	if err != nil {
		return nil, err
	}
	out := NewDescriptor(fd, name, h)
	w := logs.NewWriter(ctx, out, logs.Options{Name: id, QueueBytes: int(c.Queue), Interval: 5 * time.Millisecond})
	return &Standard{w, out}, nil
}

// Prepare checks that the descriptor is open.
func (s *Standard) Prepare(*module.Context) error { return s.out.Open() }
