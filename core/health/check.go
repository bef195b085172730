// Package health checks servers: a Check looks at a server once, a Checker does
// so again and again and decides, by how many checks in a row succeed or fail,
// whether the server is up (HAProxy manual section 5.2).
//
//	c := health.New(check, target, config, subject)
//	ctx.Go("check app/s1", c.Run)     // until the context ends
//	status := c.Status()
//
// A Checker's methods are safe for concurrent use, but Run runs once. The
// package knows neither configuration nor proxies: what a server is, a Dial
// function and a Subject tell.
package health

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Kind is the kind of check modules: check = "NAME" in a backend or server.
var Kind = module.NewKind[Check]("check")

// Check looks at a server. It is shared by all servers that it is configured for.
type Check interface {
	// Run looks once: it connects by t.Connect, talks, and says what it found. It
	// is called by many goroutines at once, and ends within t's timeouts.
	Run(t *Target) Result
}

// Result is what a check found.
type Result struct {
	// OK reports whether the server is well.
	OK bool
	// Code is HAProxy's: L4OK, L4TOUT, L4CON, L7OK, L7TOUT, L7RSP, L7STS (manual
	// section 9.1, check_status).
	Code string
	// Status is the HTTP status, 0 for none.
	Status int
	// Desc says more, such as the system's error.
	Desc string
	// Duration is how long the check took.
	Duration time.Duration
}

// reasons are HAProxy's words for the codes, as its logs have them.
var reasons = map[string]string{
	"L4OK": "Layer4 check passed", "L4TOUT": "Layer4 timeout", "L4CON": "Layer4 connection problem",
	"L6OK": "Layer6 check passed", "L6TOUT": "Layer6 timeout", "L6RSP": "Layer6 invalid response",
	"L7OK": "Layer7 check passed", "L7TOUT": "Layer7 timeout", "L7RSP": "Layer7 invalid response", "L7STS": "Layer7 wrong status",
	"HANA": "Health analyze",
}

// Reason gives the code in HAProxy's words, such as "Layer7 wrong status"; the
// code itself where there are none.
func (r Result) Reason() string {
	if words := reasons[r.Code]; words != "" {
		return words
	}
	return r.Code
}

// Target is the server of one check.
type Target struct {
	// Dial connects to the server as streams do.
	Dial func(timeout time.Duration) (*relay.Conn, error)
	// Address is the server's, host and port, for Host fields.
	Address string
	// ConnectTimeout bounds the connecting, Timeout what follows.
	ConnectTimeout, Timeout time.Duration

	ctx context.Context // whose end interrupts the check; nil for none
}

// Connect connects. When that fails, the result says why and the probe is nil.
func (t *Target) Connect() (*Probe, Result) {
	c, err := t.Dial(t.ConnectTimeout)
	if err == nil {
		c.WriteTimeout(t.Timeout)
		p := &Probe{conn: c, until: time.Now().Add(t.Timeout), release: func() bool { return true }}
		if t.ctx != nil {
			p.release = context.AfterFunc(t.ctx, c.Interrupt)
		}
		return p, Result{}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) {
		return nil, Result{Code: "L4TOUT", Desc: "timeout"}
	}
	return nil, Result{Code: "L4CON", Desc: cause(err)}
}

// cause is the system's text of an error, without what failed around it.
func cause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}

// Probe is a check's connection. All its reads together end within the target's
// timeout.
type Probe struct {
	conn    *relay.Conn
	until   time.Time
	release func() bool // from the context
}

// Read reads as io.Reader does.
func (p *Probe) Read(b []byte) (int, error) {
	left := time.Until(p.until)
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	p.conn.ReadTimeout(left)
	return p.conn.Read(b)
}

// Write writes as io.Writer does.
func (p *Probe) Write(b []byte) (int, error) { return p.conn.Write(b) }

// Close resets the connection: the server need not keep its end of it.
func (p *Probe) Close() error {
	p.release()
	return errors.Join(p.conn.Reset(), p.conn.Close())
}

// Failed gives the result of a probe that broke while it waited for an answer.
func Failed(err error) Result {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Result{Code: "L7TOUT", Desc: "timeout"}
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return Result{Code: "L7RSP", Desc: "the server closed the connection"}
	}
	return Result{Code: "L7RSP", Desc: cause(err)}
}
