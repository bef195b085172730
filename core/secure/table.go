package secure

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
)

// Table finds the certificate for the name that a client asks for, as quickly
// among a hundred thousand as among two. It is filled before it is used; what
// changes later swaps its index whole.
type Table struct {
	// Bind says whose it is, as FRONTEND/FILE:LINE.
	Bind string
	// Name is its other name, as FRONTEND/NAME; "" for none.
	Name string
	// ECH are the keys for names that clients hide, nil for none.
	ECH *ECH

	strict bool
	own    *Settings // the bind's
	rows   []*Entry  // in the order in which they came
	index  atomic.Pointer[index]
}

// index is what Find looks at.
type index struct {
	exact    map[string][]*Entry // by name in lower case
	wild     map[string][]*Entry // by what follows "*."
	fallback []*Entry
	own      *Settings // in the place of those that the bind began with; nil for these
}

// Entry is a certificate with what a line of a list says about it.
type Entry struct {
	Pair *Pair
	// Settings replace the bind's; nil for those.
	Settings *Settings
	// From is the line of a list that it comes from, the zero value for none.
	From From

	filters []string // of the line, or those that stand for its own names; nil for these
	extra   bool     // it serves clients that name no server, too
	except  []string // names that its wildcards are not for
}

// From is a line of a list, or a file of a directory, whose number is 0.
type From struct {
	List string
	Line int
}

// Settings are what handshakes go by. They do not change.
type Settings struct {
	Config *tls.Config
	// Peers check the other side's certificates, nil where Config says enough.
	Peers *Peers
	// Sigalgs are the algorithms to sign with, nil for all.
	Sigalgs []tls.SignatureScheme

	trust *Trust
}

// ErrName is the error of a handshake for a name without a certificate.
var ErrName = errors.New("no certificate for the server's name")

// NewTable makes an empty table. With strict, clients get no certificate for
// another name than they ask for.
func NewTable(strict bool) *Table {
	t := &Table{strict: strict}
	t.index.Store(newIndex())
	return t
}

func newIndex() *index { return &index{exact: map[string][]*Entry{}, wild: map[string][]*Entry{}} }

// Add adds a certificate for the names that filters give, or for its own without
// any: NAME, *.NAME, !NAME for what a wildcard leaves out, and * for clients that
// name no server or one that is not known. The first of all is for these too.
func (t *Table) Add(e Entry, filters ...string) {
	e.filters = filters
	t.add(&e)
}

// AddDefault adds a certificate for its own names, and for clients that name no
// server, or an unknown one.
func (t *Table) AddDefault(e Entry) {
	e.extra = true
	t.add(&e)
}

func (t *Table) add(e *Entry) {
	t.append(e)
	t.index.Load().add(e)
}

// append adds a row for the next index.
func (t *Table) append(e *Entry) {
	for _, f := range e.filters {
		if not, ok := strings.CutPrefix(f, "!"); ok {
			e.except = append(e.except, strings.ToLower(not))
		}
	}
	t.rows = append(t.rows, e)
}

// Own says which settings are the bind's own.
func (t *Table) Own(s *Settings) { t.own = s }

// Settings gives those for a certificate that Find gave, nil for those that the
// bind began with.
func (t *Table) Settings(e *Entry) *Settings {
	if e != nil && e.Settings != nil {
		return e.Settings
	}
	return t.index.Load().own
}

// rebuild makes the index anew of the rows, with other settings of the bind, nil for
// those that it has.
func (t *Table) rebuild(own *Settings) {
	x := newIndex()
	x.own = t.index.Load().own
	if own != nil {
		x.own, t.own = own, own
	}
	for _, e := range t.rows {
		x.add(e)
	}
	t.index.Store(x)
}

func (x *index) add(e *Entry) {
	filters := e.filters
	if len(filters) == 0 {
		filters = e.Pair.names
	}
	if x.fallback == nil {
		x.fallback = []*Entry{e}
	}
	for _, f := range filters {
		switch {
		case f == "*":
			x.byDefault(e)
		case strings.HasPrefix(f, "!"):
		case strings.HasPrefix(f, "*."):
			put(x.wild, strings.ToLower(f[2:]), e)
		default:
			put(x.exact, strings.ToLower(f), e)
		}
	}
	if e.extra {
		x.byDefault(e)
	}
}

func (x *index) byDefault(e *Entry) {
	if !slices.Contains(x.fallback, e) {
		x.fallback = append(x.fallback, e)
	}
}

// put adds an entry behind those of the same kind of key and those of kinds that
// clients are given first.
func put(m map[string][]*Entry, name string, e *Entry) {
	list := m[name]
	i := len(list)
	for i > 0 && list[i-1].Pair.key.kind > e.Pair.key.kind {
		i--
	}
	m[name] = slices.Insert(list, i, e)
}

// Find gives the entry for a client: of those for its name the first whose
// certificate it can use; nil when there is none. named says that it is for that name,
// not for clients that name no server, or an unknown one.
func (t *Table) Find(h *tls.ClientHelloInfo) (e *Entry, named bool) {
	name := strings.ToLower(strings.TrimSuffix(h.ServerName, "."))
	x := t.index.Load()
	if name != "" {
		if list := x.exact[name]; list != nil {
			return usable(list, h, ""), true
		}
		if _, parent, ok := strings.Cut(name, "."); ok {
			if e := usable(x.wild[parent], h, name); e != nil {
				return e, true
			}
		}
	}
	if t.strict {
		return nil, false
	}
	return usable(x.fallback, h, ""), false
}

// usable gives the first entry that the client can use and that does not leave
// out name, or else the first that does not.
func usable(list []*Entry, h *tls.ClientHelloInfo, name string) *Entry {
	var first *Entry
	var nameless tls.ClientHelloInfo // the name is for us to judge: a filter may be another than the certificate's
	for i, e := range list {
		if name != "" && slices.Contains(e.except, name) {
			continue
		}
		if i == len(list)-1 && first == nil {
			return e // there is no choice
		}
		if first == nil {
			first, nameless = e, *h
			nameless.ServerName = ""
		}
		if c, err := e.Pair.Certificate(); err == nil && nameless.SupportsCertificate(c) == nil {
			return e
		}
	}
	return first
}
