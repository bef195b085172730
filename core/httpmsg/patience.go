package httpmsg

import (
	"sync"
	"time"
)

// Patience is how much a connection of many streams bears from its peer besides
// the messages that it is for.
//
// Glitches are breaches and oddities, which a sane peer has hardly any of. Chores
// are what every peer sends, and what carries nothing: pings, settings, windows,
// priorities, resets, frames of unknown types. A peer may have as many chores as what
// it is sent gives it reason for, and some more, so that a long connection gets as
// far as a short one and a flood does not.
//
// All methods are safe for concurrent use. They take the time since any moment, the
// same for one Patience.
type Patience struct {
	// Limit is how many glitches are borne, of which none are forgiven (HAProxy's
	// tune.h2.fe.glitches-threshold). 0 means 1000, of which one is forgiven every
	// 50 ms, as it is with chores.
	Limit int

	mu       sync.Mutex
	total    int64 // glitches, forgiven ones too
	glitches burden
	chores   burden
}

const (
	mostBorne    = 1000
	forgiveEvery = 50 * time.Millisecond
	// mostEarned is how many chores may be earned before they come, as by content
	// that is on its way.
	mostEarned = 10_000
)

// burden is what is borne at present; below 0, what is still to come for free.
type burden struct {
	weight   int
	forgiven time.Duration // when some was
}

// forgive takes off what time has made good.
func (b *burden) forgive(now time.Duration) {
	if n := int((now - b.forgiven) / forgiveEvery); n > 0 {
		if b.weight > 0 {
			b.weight = max(0, b.weight-n)
		}
		b.forgiven = now
	}
}

// Glitch counts a glitch and reports whether it is still borne.
func (p *Patience) Glitch(now time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total++
	limit := p.Limit
	if limit == 0 {
		limit = mostBorne
		p.glitches.forgive(now)
	}
	p.glitches.weight++
	return p.glitches.weight <= limit
}

// Chore counts n chores and reports whether they are still borne.
func (p *Patience) Chore(n int, now time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chores.forgive(now)
	p.chores.weight += n
	return p.chores.weight <= mostBorne
}

// Earn allows the peer n chores that it has reason for.
func (p *Patience) Earn(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.chores.weight = max(p.chores.weight-n, -mostEarned)
}

// Glitches says how many there were.
func (p *Patience) Glitches() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// WearsThin reports whether three quarters of Limit are used up: the peer had better
// begin another connection.
func (p *Patience) WearsThin() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Limit > 0 && 4*p.glitches.weight >= 3*p.Limit
}
