package secure

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Store reads certificates, each file once, however many binds have it. What
// certificates have in common, such as chains, is kept once.
type Store struct {
	// Base is the directory of relative names, "" for the current one (crt-base).
	Base string
	// Update keeps the OCSP responses of all certificates up to date that do not
	// say otherwise.
	Update bool
	// Extra are the files beside certificates' that are read.
	Extra Extra
	// Unlock finds the passphrases of keys, nil for none.
	Unlock *Unlocker
	// SkipRoot keeps roots at the end of chains from clients.
	SkipRoot bool

	chains   map[string][]issuers // by the subject of the first certificate, in DER
	now      func() time.Time
	declared map[string]Files
	shelf    *shelf

	mu     sync.Mutex
	loaded map[Files]*Result
	links  map[string]*link
	keys   map[string]*sharedKey

	edit    sync.Mutex // of what follows, and of loaded once it is in use
	cas     library[authorities]
	crls    library[Revoked]
	certs   transaction[parts]
	tables  []*Table
	servers []*Servers
	lists   map[string]*List
	tickets []*Tickets
	updater *Updater // nil for none
}

// Use has a bind's table follow what is changed while it is in use.
func (s *Store) Use(t *Table) { s.tables = append(s.tables, t) }

// Result is what came of reading a certificate.
type Result struct {
	Pair *Pair
	// Err is why there is none.
	Err error
	// Warnings are what is wrong with it and no reason to refuse it.
	Warnings []string

	file string
	held bool // a server has it
}

// Hold marks the certificate as used by a server.
func (r *Result) Hold() { r.held = true }

// NewStore makes an empty store.
func NewStore(now func() time.Time) *Store {
	return &Store{
		now: now, declared: map[string]Files{}, shelf: &shelf{size: shelfSize, now: now},
		loaded: map[Files]*Result{}, lists: map[string]*List{}, links: map[string]*link{}, keys: map[string]*sharedKey{},
		cas:  library[authorities]{what: "CA file", files: map[string]*authorities{}},
		crls: library[Revoked]{what: "CRL file", files: map[string]*Revoked{}},
	}
}

// Declare gives the files of a certificate names: those by which a configuration
// refers to it, as in a crt-store section. It gives a name that is taken, "" for none.
func (s *Store) Declare(f Files, names ...string) (taken string) {
	for _, n := range names {
		if other, ok := s.declared[n]; ok && other != f {
			taken = n
		}
		s.declared[n] = f
	}
	return taken
}

// Declared gives the names, sorted.
func (s *Store) Declared() []string { return slices.Sorted(maps.Keys(s.declared)) }

// Load reads certificates, on all processors at once, and gives what came of each.
func (s *Store) Load(list []Files) []*Result {
	out := make([]*Result, len(list))
	var todo []int
	for i, f := range list {
		r := s.loaded[f]
		if r == nil {
			r = &Result{file: f.Crt}
			s.loaded[f] = r
			todo = append(todo, i)
		}
		out[i] = r
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(todo)) {
		wg.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(todo) {
					return
				}
				s.read(&list[todo[n]], out[todo[n]])
			}
		})
	}
	wg.Wait()
	return out
}

// Pairs gives all certificates that were read, by file.
func (s *Store) Pairs() []*Pair {
	return s.pairs(func(Files) bool { return true })
}

// Updated gives the certificates whose OCSP responses are kept up to date.
func (s *Store) Updated() []*Pair {
	return s.pairs(func(f Files) bool { return f.Update })
}

func (s *Store) pairs(wanted func(Files) bool) []*Pair {
	s.edit.Lock()
	defer s.edit.Unlock()
	var list []*Pair
	for f, r := range s.loaded {
		if r.Pair != nil && wanted(f) {
			list = append(list, r.Pair)
		}
	}
	slices.SortFunc(list, func(a, b *Pair) int { return strings.Compare(a.file, b.file) })
	return list
}
