package proxy

import (
	"github.com/fairleadproxy/fairlead/core/logs"
)

// logging is where and how a frontend's streams are logged.
type logging struct {
	targets     logs.Targets
	format      logs.Formatter
	errorFormat logs.Formatter // error-log-format; nil: format
	dontNormal  bool           // option dontlog-normal
	separate    bool           // option log-separate-errors
	asap        bool           // option logasap
}

func (l *logging) wanted() bool { return len(l.targets) > 0 }

// wants decides whether a stream's line is written.
func (l *logging) wants(s *stream) bool {
	return !l.dontNormal || s.failedStream()
}

// failedStream reports whether the stream counts as an error for logs: it ended
// other than normally, or was retried.
func (s *stream) failedStream() bool {
	f := &s.facts
	return f.Term[0] != '-' && f.Term[0] != 'L' || f.Retries > 0 || f.HTTP && f.Status >= 500
}

// write formats the line into buf and gives it to every target.
func (l *logging) write(s *stream, buf []byte) []byte {
	level := logs.Info
	failed := s.failedStream()
	s.facts.ErrorLog = failed
	if failed && l.separate {
		level = logs.Err
	}
	if s.tx.LogLevel != "" { // set-log-level, which knows the levels
		if own, err := logs.ParseLevel(s.tx.LogLevel); err == nil {
			level = own
		}
	}
	format := l.format
	if failed && l.errorFormat != nil {
		format = l.errorFormat
	}
	return l.targets.Emit(level, format, buf, &s.env)
}
