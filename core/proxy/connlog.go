package proxy

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/session"
)

// logFailure logs a connection that failed before it carried a stream, in the
// form of error-log-format (HAProxy manual section 8.2.5).
func (c *conn) logFailure() {
	l := &c.fe.logs
	if !l.wanted() {
		return
	}
	level := logs.Info
	if l.separate {
		level = logs.Err
	}
	facts := session.Stream{
		Conn: &c.facts, ServerFD: -1, Frontend: c.fe.name, Backend: c.fe.name, Server: "<NOSRV>", HTTP: c.fe.http, Begin: c.facts.Accepted, ErrorLog: true,
		Handshake: unset, Idle: unset, Request: unset, Queue: unset, Connect: unset, Response: unset, Term: [4]byte{'-', '-', '-', '-'},
	}
	env := expr.Env{Phase: expr.Log, Conn: &c.facts, Stream: &facts, Table: c.fe.graph, Now: time.Now()}
	format := l.errorFormat
	if format == nil {
		format = failureLine{}
	}
	l.targets.Emit(level, format, nil, &env)
}

// failureLine is the form of such lines unless the configuration has another.
type failureLine struct{}

// Append appends the line of the connection in e.
func (failureLine) Append(b []byte, e *expr.Env) []byte {
	c := e.Conn
	if c.Src.IsValid() {
		b = c.Src.AppendTo(b)
	} else {
		b = append(b, "unix:0"...)
	}
	b = append(b, " ["...)
	b = c.Accepted.AppendFormat(b, "02/Jan/2006:15:04:05.000")
	b = append(b, "] "...)
	b = append(b, e.Stream.Frontend...)
	b = append(b, '/')
	b = append(b, c.Bind...)
	b = append(b, ": "...)
	return append(b, c.Err.String()...)
}
