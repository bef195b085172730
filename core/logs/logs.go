// Package logs carries log lines from streams to sinks without ever blocking
// them: a line is copied into a bounded queue, a goroutine of the sink's writes
// it, and a full queue drops and counts.
//
// Logger modules (stderr, stdout, file, syslog, ring, null) say where lines go,
// logformat modules (httplog, tcplog, httpslog, clf, error, json) what they look
// like. A Target joins the two, with levels, facility and sampling, and a
// proxy has a list of them:
//
//	var targets logs.Targets // made from the configuration's log tables
//	line = targets.Emit(logs.Info, format, line, env) // at the end of each stream
//
// A logger module implements Sink, which may block, and embeds a Writer, which
// does the rest: see there. HAProxy's own formats are log-format strings, see
// core/expr; a FormatString makes a Formatter of one.
//
// Loggers, formatters and targets are used by all streams at once and do not
// change once they were started. A sink belongs to its writer's goroutine.
//
// The package does not rotate files, parse log lines or decide which streams
// are logged: core/proxy does, by "option dontlognull" and the like.
package logs

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

// The kinds of modules for logging.
var (
	Kind       = module.NewKind[Logger]("logger")
	FormatKind = module.NewKind[Formatter]("logformat")
)

// Logger is a place for lines. Log must not block, fail or keep line, which has
// no line end; it is called by all streams at once.
type Logger interface {
	Log(level Level, line []byte)
}

// FacilityLogger is implemented by loggers whose messages can carry a facility.
// LogAs is Log with the facility f instead of the logger's own.
type FacilityLogger interface {
	LogAs(f Facility, level Level, line []byte)
}

// Dropper is implemented by loggers that count the lines they had to drop,
// since they were made.
type Dropper interface{ Dropped() int64 }

// Reopener is implemented by loggers that reopen their sink on SIGUSR1, as
// after log rotation. On an error the old sink stays in use.
type Reopener interface{ Reopen() error }

// Tailer is implemented by loggers that remember lines: Tail appends the last n
// of them to dst, oldest first, each followed by a line feed.
type Tailer interface {
	Tail(dst []byte, n int) []byte
}

// Formatter makes a stream's log line.
type Formatter interface {
	// Append appends the line for the stream in e to dst, without a line end.
	Append(dst []byte, e *expr.Env) []byte
}

// Compiler is implemented by formatters that evaluate expressions. Compile is
// called once, with sc.Phase being expr.Log, before the first Append. Errors
// may be *expr.Error.
type Compiler interface {
	Compile(sc *expr.Scope) error
}
