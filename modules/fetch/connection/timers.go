package connection

import (
	"fmt"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	fromStream := expr.WithStream
	date := func(doc string, phases expr.Phases, f func(*expr.Env) time.Time, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: phases, Args: []expr.Arg{{Name: "unit", Type: expr.ArgStr, Optional: true}}, Bind: bindUnit,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				t := f(e)
				if t.IsZero() {
					return false
				}
				s.SetInt(a.Data.(func(time.Time) int64)(t))
				return true
			}}, name)
	}
	register.Fetches([]register.Entry{
		date("when the connection was accepted, in seconds since 1970, or in the unit s, ms or us; of a later request, when it could begin", expr.Everywhere, accepted, "accept_date"),
		date("when the first byte of the request came, in seconds since 1970, or in the unit s, ms or us", fromStream, requested, "request_date"),
		timer("the time of the client's handshakes in ms (%Th)", fromStream, func(s *session.Stream) time.Duration { return s.Handshake }, "fc.timer.handshake"),
		timer("the time from the accept to the end in ms (%Tt)", fromStream, func(s *session.Stream) time.Duration { return since(s, s.Total) }, "fc.timer.total"),
		timer("the time before the request's first byte in ms (%Ti)", fromStream, func(s *session.Stream) time.Duration { return s.Idle }, "req.timer.idle"),
		timer("the time to receive the request's header in ms (%TR)", fromStream, func(s *session.Stream) time.Duration { return s.Request }, "req.timer.hdr"),
		timer("the time until the request was there in ms (%Tq)", fromStream, untilRequest, "req.timer.tq"),
		timer("the time in queues in ms (%Tw)", toServer, func(s *session.Stream) time.Duration { return s.Queue }, "req.timer.queue"),
		timer("the time to connect to the server in ms (%Tc)", toServer, func(s *session.Stream) time.Duration { return s.Connect }, "bc.timer.connect"),
		timer("the time until the response's header was there in ms (%Tr)", toServer, func(s *session.Stream) time.Duration { return s.Response }, "res.timer.hdr"),
		timer("the time to transfer the response in ms (%Td)", toServer, transfer, "res.timer.data"),
		timer("the time from the request's first byte to the end in ms (%Ta)", fromStream, active, "txn.timer.total"),
		timer("the time from the accept to the end in ms, without idling (%Tu)", fromStream, func(s *session.Stream) time.Duration {
			return since(s, s.Total-max(s.Idle, 0))
		}, "txn.timer.user"),
	})
}

// bindUnit keeps the function that gives a time in the unit.
func bindUnit(_ *expr.Scope, a *expr.Args) error {
	switch u := a.Str(0); u {
	case "", "s":
		a.Data = time.Time.Unix
	case "ms":
		a.Data = time.Time.UnixMilli
	case "us":
		a.Data = time.Time.UnixMicro
	default:
		return fmt.Errorf("unknown unit %q: write s, ms or us", u)
	}
	return nil
}

func accepted(e *expr.Env) (t time.Time) {
	if e.Stream != nil && !e.Stream.Begin.IsZero() {
		return e.Stream.Begin
	}
	if e.Conn != nil {
		t = e.Conn.Accepted
	}
	return t
}

func requested(e *expr.Env) time.Time {
	t := accepted(e)
	if e.Stream == nil || t.IsZero() {
		return t
	}
	return t.Add(max(e.Stream.Handshake, 0) + max(e.Stream.Idle, 0))
}

// timer gives milliseconds, -1 for a time that never came to be, as in logs
// (HAProxy manual section 8.4).
func timer(doc string, phases expr.Phases, f func(*session.Stream) time.Duration, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		if e.Stream == nil {
			return false
		}
		s.SetInt(-1)
		if d := f(e.Stream); d >= 0 {
			s.SetInt(d.Milliseconds())
		}
		return true
	}}, name)
}

func untilRequest(s *session.Stream) time.Duration {
	if s.Request < 0 {
		return -1
	}
	return max(s.Handshake, 0) + max(s.Idle, 0) + s.Request
}

// since gives a part of the total time, which is not known before the end.
func since(s *session.Stream, d time.Duration) time.Duration {
	if s.Total <= 0 {
		return -1
	}
	return d
}

func active(s *session.Stream) time.Duration {
	return since(s, s.Total-max(s.Handshake, 0)-max(s.Idle, 0))
}

func transfer(s *session.Stream) time.Duration {
	if s.Response < 0 {
		return -1
	}
	return since(s, active(s)-max(s.Request, 0)-max(s.Queue, 0)-max(s.Connect, 0)-s.Response)
}
