package output

import (
	"context"
	"fmt"

	"github.com/fairleadproxy/fairlead/core/logs"
)

// Descriptor is a sink that writes to an inherited file descriptor, such as
// standard output. It never makes the descriptor non-blocking and never closes it.
type Descriptor struct {
	fd     int
	name   string
	kind   kind
	chunks Chunks
	torn   bool // the last write ended within a line
}

// NewDescriptor makes the sink for descriptor fd, called name in errors.
func NewDescriptor(fd int, name string, h *logs.Header) *Descriptor {
	return &Descriptor{fd: fd, name: name, chunks: Chunks{Header: h}}
}

// WriteLines writes b. While the reader does not read, it waits and the
// writer's queue fills.
func (d *Descriptor) WriteLines(ctx context.Context, b *logs.Batch) (lost int, err error) {
	for {
		chunk, lines := d.chunks.Next(b)
		if lines == 0 {
			return lost, err
		}
		n, werr := d.write(ctx, chunk)
		if werr != nil {
			missing, torn := Lost(chunk, lines, n)
			d.torn = torn
			return lost + missing + d.chunks.Reset(), fmt.Errorf("%s: %w", d.name, werr)
		}
	}
}

var newline = []byte{'\n'}

// write writes all of p, after ending a line that an earlier write tore.
func (d *Descriptor) write(ctx context.Context, p []byte) (n int, err error) {
	if d.torn {
		if _, err := d.send(ctx, newline); err != nil {
			return 0, err
		}
		d.torn = false
	}
	for n < len(p) {
		m, err := d.send(ctx, p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
