package secure

import (
	"bufio"
	"bytes"
	"container/heap"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
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
// configuration as modules are: Start begins, and the context ends it.
type Updater struct {
	// Pairs are the certificates; those that name no responder are left alone.
	Pairs []*Pair
	// Least and Most are the times between two fetches.
	Least, Most time.Duration
	// Proxy is the address of an HTTP proxy to ask through, "" for none.
	Proxy string
	// Kept are the responses that outlive a reload.
	Kept *Staples

	ctx *module.Context
	mu  sync.Mutex // of what is told of those that are due
	all []*due
}

// fetchers is how many responses are fetched at once, and fetchTimeout how long
// one may take.
const (
	fetchers     = 4
	fetchTimeout = 10 * time.Second
)

// Start begins to fetch.
func (u *Updater) Start(ctx *module.Context) error {
	u.ctx = ctx
	var lists [fetchers]queue
	now := ctx.Clock().Now()
	for i, p := range u.Pairs {
		if len(p.servers) == 0 || p.issuer == nil {
			continue
		}
		d := &due{pair: p, at: now}
		if leaf, err := x509.ParseCertificate(p.chain[0]); err == nil {
			if res, err := p.judge(u.Kept.get(p.chain[0]), leaf, now); err == nil {
				p.SetStaple(u.Kept.get(p.chain[0]))
				d.at = now.Add(u.next(res, now))
			}
		}
		lists[i%fetchers] = append(lists[i%fetchers], d)
		u.all = append(u.all, d)
	}
	for i := range lists {
		if q := &lists[i]; len(*q) > 0 {
			heap.Init(q)
			ctx.Go("ocsp-update", func(c context.Context) { u.run(c, q) })
		}
	}
	return nil
}

// run fetches what is due until the context ends.
func (u *Updater) run(c context.Context, q *queue) {
	for {
		d := (*q)[0]
		if wait := d.at.Sub(u.ctx.Clock().Now()); wait > 0 {
			t := time.NewTimer(wait)
			select {
			case <-c.Done():
				t.Stop()
				return
			case <-t.C:
			}
		}
		if c.Err() != nil {
			return
		}
		u.mu.Lock()
		pair := d.pair.Latest()
		u.mu.Unlock()
		res, err := u.update(c, pair)
		now := u.ctx.Clock().Now()
		u.mu.Lock()
		d.told(pair, now, err)
		if err != nil {
			d.at = now.Add(min(u.Least<<min(d.row-1, 8), max(u.Most, u.Least)))
		} else {
			d.at = now.Add(u.next(res, now))
		}
		failures := d.row
		u.mu.Unlock()
		if err != nil {
			u.ctx.Log().Warn("OCSP response not updated", "certificate", pair.file, "failures", failures, "error", err)
		} else {
			u.ctx.Log().Info("OCSP response updated", "certificate", pair.file, "until", res.NextUpdate.UTC().Format(time.RFC3339))
		}
		heap.Fix(q, 0)
	}
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

// update fetches a response and gives it to clients from now on.
func (u *Updater) update(c context.Context, p *Pair) (*ocsp.Response, error) {
	if len(p.servers) == 0 || p.issuer == nil {
		return nil, errNoResponder
	}
	leaf, err := x509.ParseCertificate(p.chain[0])
	if err != nil {
		return nil, err
	}
	issuer, err := x509.ParseCertificate(p.issuer)
	if err != nil {
		return nil, err
	}
	ask, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		return nil, err
	}
	c, cancel := context.WithTimeout(c, fetchTimeout)
	defer cancel()
	der, err := u.post(c, p.servers[0], ask)
	if err != nil {
		return nil, err
	}
	res, err := p.judge(der, leaf, u.ctx.Clock().Now())
	if err != nil {
		if res != nil && res.Status == ocsp.Revoked {
			p.SetStaple(nil) // what said otherwise is no longer true
		}
		return nil, err
	}
	p.SetStaple(der)
	u.Kept.put(p.chain[0], der)
	return res, nil
}

// maxResponse is the most that a responder may answer, in bytes.
const maxResponse = 64 << 10

// post asks a responder, perhaps through a proxy, over HTTP/1.0 (RFC 6960 appendix A), whose answers end
// with the connection.
func (u *Updater) post(c context.Context, to string, body []byte) ([]byte, error) {
	at, err := url.Parse(to)
	if err != nil || at.Scheme != "http" || at.Host == "" {
		return nil, fmt.Errorf("the responder %q is no http:// address", to)
	}
	dial, path := at, at.RequestURI()
	if u.Proxy != "" {
		dial, path = &url.URL{Host: u.Proxy}, at.String()
	}
	host := dial.Host
	if dial.Port() == "" {
		host = net.JoinHostPort(dial.Hostname(), "80")
	}
	conn, err := u.ctx.Dial(c, "tcp", host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(c, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // it may be closed already
	defer stop()
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n%s", path, at.Host, len(body), body); err != nil {
		return nil, err
	}
	return readAnswer(conn)
}

// readAnswer reads an HTTP response and gives its body.
func readAnswer(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(bufio.NewReader(io.LimitReader(r, maxResponse)))
	if err != nil {
		return nil, err
	}
	head, body, ok := bytes.Cut(text, []byte("\r\n\r\n"))
	line, _, _ := strings.Cut(string(head), "\r\n")
	parts := strings.SplitN(line, " ", 3)
	if !ok || len(parts) < 2 || !strings.HasPrefix(parts[0], "HTTP/1.") {
		return nil, fmt.Errorf("the responder does not speak HTTP: it begins with %q", line)
	}
	if status, err := strconv.Atoi(parts[1]); err != nil || status != 200 {
		return nil, fmt.Errorf("the responder answered %q", line)
	}
	return body, nil
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

func (d *due) told(pair *Pair, now time.Time, err error) {
	d.pair, d.err = pair, err
	if err != nil {
		d.row++
		d.fail++
		return
	}
	d.row = 0
	d.good++
	d.last = now
}

var errNoResponder = errors.New("the certificate names no responder, or its issuer is not known")

// queue is a heap of what is due, the next first.
type queue []*due

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push and Pop are heap.Interface's; nothing is added or taken once it runs.

func (q *queue) Push(x any) { *q = append(*q, x.(*due)) }

func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
