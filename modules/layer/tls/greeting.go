package tls

import (
	"encoding/binary"

	"github.com/fairleadproxy/fairlead/core/session"
)

// greeting picks the hello of one side from the records that pass: crypto/tls does
// not tell how it begins. The zero value is ready for use.
type greeting struct {
	session.Greeting
	done bool

	head [recordHead + helloHead]byte // of the record at hand
	n    int                          // how much of it is there
	skip int                          // bytes of the record that nobody looks at
}

const (
	handshakes = 22 // the type of records
	recordHead = 5  // type, version, length
	// A hello begins with type and length, version, random, and the session ID with
	// its length.
	helloHead  = 4 + 2 + 32 + 1 + 32
	leastHello = helloHead - 32
	versionAt  = recordHead + 4
	randomAt   = versionAt + 2
	idAt       = randomAt + 32 + 1
)

// retry is the random of a HelloRetryRequest (RFC 8446 section 4.1.3).
const retry = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" +
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// see looks at bytes on their way.
func (g *greeting) see(p []byte) {
	for len(p) > 0 && !g.done {
		if g.skip > 0 {
			k := min(g.skip, len(p))
			p, g.skip = p[k:], g.skip-k
			continue
		}
		want := recordHead
		if g.n >= recordHead {
			want += min(g.length(), helloHead)
		}
		k := copy(g.head[g.n:want], p)
		p, g.n = p[k:], g.n+k
		if g.n == want && (want > recordHead || g.length() == 0) {
			g.record()
		}
	}
}

// length is that of the record.
func (g *greeting) length() int { return int(binary.BigEndian.Uint16(g.head[3:])) }

// record looks at a record whose beginning is there.
func (g *greeting) record() {
	looked := g.n - recordHead
	g.n, g.skip = 0, g.length()-looked
	id := min(int(g.head[idAt-1]), 32)
	random := g.head[randomAt : idAt-1]
	if g.head[0] != handshakes || looked < leastHello+id || string(random) == retry {
		return
	}
	g.done = true
	g.Version, g.Random, g.SessionID = binary.BigEndian.Uint16(g.head[versionAt:]), random, g.head[idAt:idAt+id]
}

// known gives what was found, nil for nothing.
func (g *greeting) known() *session.Greeting {
	if !g.done {
		return nil
	}
	return &g.Greeting
}
