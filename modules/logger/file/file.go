// Package file is the logger of files: lines are appended to a file, which is
// reopened on SIGUSR1, as after rotation.
//
//	[[global.log]]
//	to = "file"
//	path = "/var/log/fairlead/access.log"
//
// A file that cannot be written to, as on a full disk, loses lines and counts
// them; writing goes on when it can. The logger does not rotate or remove files
// and does not make directories.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/logger/internal/output"
)

func init() {
	module.Register(logs.Kind, "file", module.Spec[Config, logs.Logger]{
		Doc:      "Appends lines to a file",
		Defaults: func() Config { return Config{Mode: "0640"} },
		New:      New,
	})
}

// Config is the configuration of the logger.
type Config struct {
	// Path is the file to append to. It is made when it is not there; its
	// directory is not. Required.
	Path string `toml:"path,required"`
	// Mode is the permissions of a file that is made, in octal, less the
	// process's umask. Default: "0640".
	Mode string `toml:"mode"`
	logs.SinkConfig
}

// chunkBytes is the size of writes, at most.
const chunkBytes = 64 << 10

// Logger appends to a file.
type Logger struct {
	*logs.Writer
	path   string
	mode   fs.FileMode
	file   atomic.Pointer[os.File]
	chunks output.Chunks
	torn   bool // the last write ended within a line
}

// New makes the logger.
func New(ctx *module.Context, c Config) (logs.Logger, error) {
	if c.Path == "" {
		return nil, errors.New(`path is missing: write the file to append to, such as "/var/log/fairlead.log"`)
	}
	mode, err := strconv.ParseUint(c.Mode, 8, 32)
	if err != nil || mode > 0o777 || mode&0o200 == 0 {
		return nil, module.Wrong("mode", `%q is not the permissions of a file that its owner may write: write them in octal, such as "0640"`, c.Mode)
	}
	h, err := logs.NewHeader(c.SinkConfig, 0)
	if err != nil {
		return nil, err
	}
	l := &Logger{path: c.Path, mode: fs.FileMode(mode), chunks: output.Chunks{Header: h, Max: chunkBytes}}
	l.Writer = logs.NewWriter(ctx, l, logs.Options{Name: "logger.file", QueueBytes: int(c.Queue), Interval: 5 * time.Millisecond})
	return l, nil
}

// Prepare opens the file.
func (l *Logger) Prepare(*module.Context) error { return l.Reopen() }

// Reopen opens the file anew and closes the old one, which may have been
// renamed meanwhile.
func (l *Logger) Reopen() error {
	// O_NONBLOCK so that a named pipe without a reader is an error and not a wait.
	f, err := os.OpenFile(l.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK, l.mode)
	if errors.Is(err, syscall.ENXIO) {
		return fmt.Errorf("%s is a pipe that no process reads: start its reader first: %w", l.path, err)
	}
	if err != nil {
		return fmt.Errorf("log file: %w", err)
	}
	if old := l.file.Swap(f); old != nil {
		return old.Close()
	}
	return nil
}

// Stop writes the lines that wait and closes the file.
func (l *Logger) Stop(ctx context.Context) error {
	err := l.Writer.Stop(ctx)
	if f := l.file.Swap(nil); f != nil {
		err = errors.Join(err, f.Close())
	}
	return err
}

// WriteLines writes b to the file; it is called by the Writer.
func (l *Logger) WriteLines(_ context.Context, b *logs.Batch) (lost int, err error) {
	for {
		chunk, lines := l.chunks.Next(b)
		if lines == 0 {
			return lost, err
		}
		n, werr := l.write(chunk)
		if werr != nil {
			missing, torn := output.Lost(chunk, lines, n)
			l.torn = torn
			return lost + missing + l.chunks.Reset(), werr
		}
	}
}

// write writes p to the file that is open now, after ending a line that an
// earlier write tore.
func (l *Logger) write(p []byte) (n int, err error) {
	for {
		f := l.file.Load()
		if f == nil {
			return n, os.ErrClosed
		}
		if l.torn {
			if _, err = f.Write([]byte{'\n'}); err == nil {
				l.torn = false
			}
		}
		if !l.torn {
			var m int
			m, err = f.Write(p[n:])
			n += m
		}
		if errors.Is(err, os.ErrClosed) && l.file.Load() != f {
			continue // reopened meanwhile
		}
		return n, err
	}
}
