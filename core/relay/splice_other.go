//go:build !linux || portable

package relay

import "errors"

// There is no splice(2) here: bytes pass through buffers.

type pipes struct{}

var errNoSplice = errors.New("splice refused")

type splicer struct{ pool *pipes }

func (*splicer) move(_, _ *Conn, _ int64) (int, error) { return 0, errNoSplice }
func (*splicer) release()                              {}

// SpliceRefused gives how often the kernel refused splice(2) between two sockets:
// it is not asked.
func SpliceRefused() int64 { return 0 }
