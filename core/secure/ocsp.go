package secure

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Staples keep OCSP responses over reloads. It is safe for concurrent use.
type Staples struct {
	mu sync.Mutex
	m  map[[sha256.Size]byte][]byte // by the certificate
}

// NewStaples makes an empty one.
func NewStaples() *Staples { return &Staples{m: map[[sha256.Size]byte][]byte{}} }

func (s *Staples) put(leaf, der []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.m[sha256.Sum256(leaf)] = der
}

func (s *Staples) get(leaf []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.m[sha256.Sum256(leaf)]
}

// Updater fetches and renews OCSP responses (ocsp-update). It is a part of a
// configuration as modules are: Start begins, and the context ends it. What is
// followed may change while it runs.
type Updater struct {
	// Pairs are the certificates; those that name no responder are left alone.
	Pairs []*Pair
	// Off fetches none of them.
	Off bool
	// Least and Most are the times between two fetches.
	Least, Most time.Duration
	// Proxy is the address of an HTTP proxy to ask through, "" for none.
	Proxy string
	// Kept are the responses that outlive a reload.
	Kept *Staples

	ctx  *module.Context
	work chan *due
	wake chan struct{} // something is due earlier than was thought

	mu      sync.Mutex
	running bool
	all     []*due
	waiting queue // those of all that are not being fetched
}

// fetchers is how many responses are fetched at once, and fetchTimeout how long
// one may take.
const (
	fetchers     = 4
	fetchTimeout = 10 * time.Second
)

// Start begins to fetch.
func (u *Updater) Start(ctx *module.Context) error {
	u.ctx, u.work, u.wake = ctx, make(chan *due), make(chan struct{}, 1)
	for _, p := range u.Pairs {
		if u.follows(p) {
			u.all = append(u.all, u.place(p))
		}
	}
	if u.waiting = slices.Clone(u.all); len(u.all) > 0 {
		heap.Init(&u.waiting)
		u.run()
	}
	return nil
}

func (u *Updater) follows(p *Pair) bool { return !u.Off && len(p.servers) > 0 && p.issuer != nil }

// place gives when the response of a certificate is due: at once, unless there is one
// from before a reload.
func (u *Updater) place(p *Pair) *due {
	now := u.ctx.Clock().Now()
	d := &due{pair: p, at: now}
	der := u.Kept.get(p.chain[0])
	if leaf, err := x509.ParseCertificate(p.chain[0]); err == nil && der != nil {
		if res, err := p.judge(der, leaf, now); err == nil {
			p.setStaple(der, res)
			d.at = now.Add(u.next(res, now))
		}
	}
	return d
}

// Follow has the response of a certificate kept up to date from now on; of one that
// is followed already and was replaced, it is fetched at once.
func (u *Updater) Follow(p *Pair) {
	if !u.follows(p) {
		return
	}
	one := u.place(p)
	u.mu.Lock()
	defer u.mu.Unlock()
	i := slices.IndexFunc(u.all, func(d *due) bool { return d.pair.Latest() == p })
	if i < 0 {
		u.all = append(u.all, one)
		heap.Push(&u.waiting, one)
	} else if d := u.all[i]; d.pair != p {
		*d = *one
		heap.Init(&u.waiting)
	}
	u.run()
}

// Forget ends what Follow began.
func (u *Updater) Forget(p *Pair) {
	u.mu.Lock()
	defer u.mu.Unlock()
	gone := func(d *due) bool { return d.pair.Latest() == p.Latest() }
	u.all = slices.DeleteFunc(u.all, gone)
	u.waiting = slices.DeleteFunc(u.waiting, gone)
	heap.Init(&u.waiting)
}

// run has what is due fetched; u.mu is held.
func (u *Updater) run() {
	if u.running {
		select {
		case u.wake <- struct{}{}:
		default:
		}
		return
	}
	u.running = true
	u.ctx.Go("ocsp-update", u.schedule)
	for range fetchers {
		u.ctx.Go("ocsp-update", u.fetch)
	}
}

// schedule hands out what is due until the context ends.
func (u *Updater) schedule(c context.Context) {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		u.mu.Lock()
		var first *due
		wait := time.Duration(math.MaxInt64)
		if len(u.waiting) > 0 {
			if wait = u.waiting[0].at.Sub(u.ctx.Clock().Now()); wait <= 0 {
				first = heap.Pop(&u.waiting).(*due)
			}
		}
		u.mu.Unlock()
		if first != nil {
			select {
			case u.work <- first:
			case <-c.Done():
				return
			}
			continue
		}
		t.Reset(wait)
		select {
		case <-c.Done():
			return
		case <-u.wake:
		case <-t.C:
		}
	}
}

// fetch fetches what is handed out.
func (u *Updater) fetch(c context.Context) {
	for {
		select {
		case <-c.Done():
			return
		case d := <-u.work:
			u.mu.Lock()
			pair := d.pair.Latest()
			u.mu.Unlock()
			res, err := u.update(c, pair)
			if c.Err() != nil {
				return
			}
			u.mu.Lock()
			if d.pair.Latest() == pair { // or another has come meanwhile, to be fetched at once
				u.told(d, pair, res, err)
			}
			if slices.Contains(u.all, d) {
				heap.Push(&u.waiting, d)
			}
			u.mu.Unlock()
			select {
			case u.wake <- struct{}{}:
			default:
			}
		}
	}
}

// told notes how a fetch went, and when the next one is due; u.mu is held.
func (u *Updater) told(d *due, pair *Pair, res *ocsp.Response, err error) {
	now := u.ctx.Clock().Now()
	d.pair, d.err = pair, err
	if err != nil {
		d.row++
		d.fail++
		d.at = now.Add(min(u.Least<<min(d.row-1, 8), max(u.Most, u.Least)))
		u.ctx.Log().Warn("OCSP response not updated", "certificate", pair.file, "failures", d.row, "error", err)
		return
	}
	d.row = 0
	d.good++
	d.last, d.at = now, now.Add(u.next(res, now))
	u.ctx.Log().Info("OCSP response updated", "certificate", pair.file, "until", res.NextUpdate.UTC().Format(time.RFC3339))
}

// next gives the time until a response is fetched again: before it expires, and
// within the bounds.
func (u *Updater) next(res *ocsp.Response, now time.Time) time.Duration {
	wait := u.Most
	if !res.NextUpdate.IsZero() {
		wait = min(wait, res.NextUpdate.Sub(now)/2)
	}
	return max(wait, u.Least)
}

// due is a certificate whose response is to be fetched, and how that went.
type due struct {
	pair *Pair
	at   time.Time
	row  int // failures in a row

	last       time.Time
	good, fail int
	err        error // of the last fetch
}

// queue is a heap of what is due, the next first.
type queue []*due

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is heap.Interface's.
func (q *queue) Push(x any) { *q = append(*q, x.(*due)) }

// Pop is heap.Interface's.
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
