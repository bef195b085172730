package relay

import "time"

// started anchors Ticks; it is written once, before main.
var started = time.Now()

// Ticks gives the monotonic time in nanoseconds since the process started. It
// costs half of time.Now and is what deadlines count in.
func Ticks() int64 { return int64(time.Since(started)) + 1 }

// At gives the wall-clock time of a tick.
func At(ticks int64) time.Time { return started.Add(time.Duration(ticks - 1)) }
