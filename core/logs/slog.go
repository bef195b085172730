package logs

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"time"
)

// Levels of slog for the syslog severities that it has no name for.
const (
	SlogNotice = slog.Level(2)  // such as that a server is up
	SlogCrit   = slog.Level(12) // what does not keep the process from going on
	SlogAlert  = slog.Level(16) // such as that a server is down
	SlogEmerg  = slog.Level(20) // such as that a backend has no server left
)

// severity gives the syslog severity of a level of slog.
func severity(l slog.Level) Level {
	switch {
	case l < slog.LevelInfo:
		return Debug
	case l < SlogNotice:
		return Info
	case l < slog.LevelWarn:
		return Notice
	case l < slog.LevelError:
		return Warning
	case l < SlogCrit:
		return Err
	case l < SlogAlert:
		return Crit
	case l < SlogEmerg:
		return Alert
	}
	return Emerg
}

// Handler sends what the process itself has to say to targets, as lines of the
// message and its attributes: "server is down server=app/a reason=timeout". It
// is made for events, not for requests: it allocates.
type Handler struct {
	targets Targets
	out     *output
	attrs   slog.Handler // writes a record's attributes to out
}

// output is what the handlers that come of one handler share.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// NewHandler makes the handler of targets.
func NewHandler(ts Targets) *Handler {
	out := new(output)
	text := slog.NewTextHandler(&out.buf, &slog.HandlerOptions{Level: slog.Level(-128), ReplaceAttr: bare})
	return &Handler{ts, out, text}
}

// bare leaves out the level and the empty message of the record itself, and
// nothing that only has their keys.
func bare(groups []string, a slog.Attr) slog.Attr {
	_, level := a.Value.Any().(slog.Level)
	if len(groups) == 0 && (level && a.Key == slog.LevelKey || a.Key == slog.MessageKey && a.Value.String() == "") {
		return slog.Attr{}
	}
	return a
}

// Enabled reports whether any target takes lines of the level.
func (h *Handler) Enabled(_ context.Context, l slog.Level) bool { return h.targets.Wants(severity(l)) }

// Handle sends the line of a record.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	b := &h.out.buf
	b.Reset()
	b.WriteString(r.Message)
	b.WriteByte(' ')
	level := severity(r.Level)
	r.Message, r.Time = "", time.Time{} // without a time, none is written
	if err := h.attrs.Handle(ctx, r); err != nil {
		return err
	}
	h.targets.Log(level, bytes.TrimRight(b.Bytes(), " \n"))
	return nil
}

// WithAttrs gives a handler that adds attributes to each line.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Handler{h.targets, h.out, h.attrs.WithAttrs(attrs)}
}

// WithGroup gives a handler that puts name and a dot before the attributes' keys.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.targets, h.out, h.attrs.WithGroup(name)}
}
