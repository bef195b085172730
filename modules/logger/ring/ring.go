// Package ring is the logger that remembers the last lines in memory, to be
// looked at through the runtime API.
//
//	[[global.log]]
//	to = "ring"
//	size = "256k"
//
// Its lines are lost when the process ends or reloads. Nothing waits and
// nothing is dropped: a new line takes the place of the oldest ones.
package ring

import (
	"bytes"
	"sync"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.Kind, "ring", module.Spec[Config, logs.Logger]{
		Doc:      "Remembers the last lines in memory",
		Defaults: func() Config { return Config{Size: 64 << 10} },
		New:      New,
	})
}

// Config is the configuration of the logger.
type Config struct {
	// Size is the memory for lines, in bytes, "1k" to "1g". Default: "64k".
	Size tree.Size `toml:"size" min:"1k" max:"1g"`
}

const (
	minSize = 1 << 10
	maxSize = 1 << 30
)

// Logger remembers the last lines. Lines lie in buf one after the other, each
// with a line feed, and wrap around its end.
type Logger struct {
	mu   sync.Mutex
	buf  []byte
	end  int  // where the next line goes
	full bool // buf has wrapped: what follows end is the oldest
}

// New makes the logger.
func New(_ *module.Context, c Config) (logs.Logger, error) {
	if c.Size < minSize || c.Size > maxSize {
		return nil, module.Wrong("size", "%d bytes is outside 1k to 1g: write how much to remember", c.Size)
	}
	return &Logger{buf: make([]byte, c.Size)}, nil
}

// Log remembers a copy of line, or the beginning of one that is larger than the
// ring. Line feeds in it become spaces.
func (l *Logger) Log(_ logs.Level, line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line = line[:min(len(line), len(l.buf)-1)]
	start := l.end
	l.put(line)
	l.put(lineEnd)
	l.clean(start, len(line))
}

var lineEnd = []byte{'\n'}

func (l *Logger) put(p []byte) {
	for len(p) > 0 {
		n := copy(l.buf[l.end:], p)
		p = p[n:]
		if l.end += n; l.end == len(l.buf) {
			l.end, l.full = 0, true
		}
	}
}

// clean turns the line feeds among the n bytes from start into spaces.
func (l *Logger) clean(start, n int) {
	first := l.buf[start:min(start+n, len(l.buf))]
	for _, part := range [...][]byte{first, l.buf[:n-len(first)]} {
		for {
			i := bytes.IndexByte(part, '\n')
			if i < 0 {
				break
			}
			part[i] = ' '
		}
	}
}

// Tail appends the last n lines to dst, oldest first, each with a line feed. It
// gives fewer when fewer are remembered.
func (l *Logger) Tail(dst []byte, n int) []byte {
	if n <= 0 {
		return dst
	}
	l.mu.Lock()
	start := len(dst)
	if l.full {
		dst = append(dst, l.buf[l.end:]...)
	}
	dst = append(dst, l.buf[:l.end]...)
	whole := !l.full
	l.mu.Unlock()

	all := dst[start:]
	if !whole { // the oldest line has lost its beginning
		all = all[bytes.IndexByte(all, '\n')+1:]
	}
	from := len(all)
	for ; n > 0 && from > 0; n-- {
		from = bytes.LastIndexByte(all[:from-1], '\n') + 1
	}
	return append(dst[:start], all[from:]...)
}

var _ logs.Tailer = (*Logger)(nil)
