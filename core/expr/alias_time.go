package expr

import (
	"strconv"
	"time"
)

// The layouts of HAProxy's dates.
const (
	logDate    = "02/Jan/2006:15:04:05.000"
	commonDate = "02/Jan/2006:15:04:05 -0700"
)

func dateOf(layout string, get func(*Env) time.Time) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, _ formatFlags) []byte { return get(e).AppendFormat(dst, layout) }
}

func accepted(e *Env) time.Time { return e.Conn.Accepted.Local() }

// requested is when the request's first byte came.
func requested(e *Env) time.Time {
	t := e.Stream.Begin
	if t.IsZero() { // no stream yet
		return accepted(e)
	}
	if e.Stream.Idle > 0 {
		t = t.Add(e.Stream.Idle)
	}
	return t.Local()
}

func durOf(get func(*Env) time.Duration) func([]byte, *Env, formatFlags) []byte {
	return intOf(func(e *Env) int64 { return millis(get(e)) })
}

// active is the time from the request's first byte to the end.
func active(e *Env) time.Duration {
	s := e.Stream
	return s.Total - max(s.Idle, 0) - max(s.Handshake, 0)
}

// data is the time that the response took to be transferred.
func data(e *Env) time.Duration {
	s := e.Stream
	if s.Response < 0 {
		return -1
	}
	return active(e) - max(s.Request, 0) - max(s.Queue, 0) - max(s.Connect, 0) - s.Response
}

func untilQueue(e *Env) time.Duration {
	s := e.Stream
	if s.Request < 0 {
		return -1
	}
	return max(s.Handshake, 0) + max(s.Idle, 0) + s.Request
}

var timeAliases = map[string]*alias{
	"t":   {doc: "date of the accept, with milliseconds", append: dateOf(logDate, accepted)},
	"tr":  {doc: "date of the request, with milliseconds", append: dateOf(logDate, requested)},
	"T":   {doc: "date of the accept, UTC", append: dateOf(commonDate, func(e *Env) time.Time { return e.Conn.Accepted.UTC() })},
	"Tl":  {doc: "date of the accept, local", append: dateOf(commonDate, accepted)},
	"trg": {doc: "date of the request, UTC", append: dateOf(commonDate, func(e *Env) time.Time { return requested(e).UTC() })},
	"trl": {doc: "date of the request, local", append: dateOf(commonDate, requested)},
	"Ts":  {doc: "accept as seconds since 1970", append: hexOf(4, func(e *Env) int64 { return e.Conn.Accepted.Unix() })},
	"ms": {doc: "milliseconds of the accept's second", append: func(dst []byte, e *Env, flags formatFlags) []byte {
		ms := e.Conn.Accepted.Nanosecond() / 1e6
		if flags.hex {
			return appendHexInt(dst, int64(ms), 2)
		}
		return append(dst, byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	}},
	"Th": {doc: "time of handshakes", append: durOf(func(e *Env) time.Duration { return e.Stream.Handshake })},
	"Ti": {doc: "idle time before the request", append: durOf(func(e *Env) time.Duration { return e.Stream.Idle })},
	"TR": {doc: "time to receive the request", append: durOf(func(e *Env) time.Duration { return e.Stream.Request })},
	"Tq": {doc: "Th + Ti + TR", append: durOf(untilQueue)},
	"Tw": {doc: "time in queues", append: durOf(func(e *Env) time.Duration { return e.Stream.Queue })},
	"Tc": {doc: "time to connect", append: durOf(func(e *Env) time.Duration { return e.Stream.Connect })},
	"Tr": {doc: "time until the response began", append: durOf(func(e *Env) time.Duration { return e.Stream.Response })},
	"Td": {doc: "time to transfer the data", append: durOf(data)},
	"Ta": {doc: "active time of the request", append: totalOf(active)},
	"Tt": {doc: "total time", append: totalOf(func(e *Env) time.Duration { return e.Stream.Total })},
	"Tu": {doc: "total time as the user feels it", append: totalOf(func(e *Env) time.Duration { return e.Stream.Total - max(e.Stream.Idle, 0) })},
}

// totalOf is a total, which with option logasap is not over yet.
func totalOf(get func(*Env) time.Duration) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, _ formatFlags) []byte {
		if e.Stream.Early {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, millis(get(e)), 10)
	}
}
