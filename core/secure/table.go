package secure

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"
)

// Table finds the certificate for the name that a client asks for, as quickly
// among a hundred thousand as among two. It does not change once it is filled.
type Table struct {
	exact    map[string][]*Entry // by name in lower case
	wild     map[string][]*Entry // by what follows "*."
	fallback []*Entry
	strict   bool
}

// Entry is a certificate with what a line of a list says about it.
type Entry struct {
	Pair *Pair
	// Settings replace the bind's; nil for those.
	Settings *Settings
	except   []string // names that its wildcards are not for
}

// Settings are what handshakes go by.
type Settings struct {
	Config *tls.Config
	// Peers check the other side's certificates, nil where Config says enough.
	Peers *Peers
	// Sigalgs are the algorithms to sign with, nil for all.
	Sigalgs []tls.SignatureScheme
}

// ErrName is the error of a handshake for a name without a certificate.
var ErrName = errors.New("no certificate for the server's name")

// NewTable makes an empty table. With strict, clients get no certificate for
// another name than they ask for.
func NewTable(strict bool) *Table {
	return &Table{exact: map[string][]*Entry{}, wild: map[string][]*Entry{}, strict: strict}
}

// Add adds a certificate for the names that filters give, or for its own without
// any: NAME, *.NAME, !NAME for what a wildcard leaves out, and * for clients that
// name no server or one that is not known. The first of all is for these too.
func (t *Table) Add(e Entry, filters ...string) {
	p := &e
	if len(filters) == 0 {
		filters = e.Pair.names
	}
	for _, f := range filters {
		if not, ok := strings.CutPrefix(f, "!"); ok {
			p.except = append(p.except, strings.ToLower(not))
		}
	}
	if t.fallback == nil {
		t.fallback = []*Entry{p}
	}
	for _, f := range filters {
		switch {
		case f == "*":
			t.Default(p)
		case strings.HasPrefix(f, "!"):
		case strings.HasPrefix(f, "*."):
			put(t.wild, strings.ToLower(f[2:]), p)
		default:
			put(t.exact, strings.ToLower(f), p)
		}
	}
}

// Default adds a certificate for clients that name no server, or an unknown one.
func (t *Table) Default(e *Entry) {
	if !slices.Contains(t.fallback, e) {
		t.fallback = append(t.fallback, e)
	}
}

// AddDefault adds a certificate for its own names, and as Default does.
func (t *Table) AddDefault(e Entry) {
	t.Add(e, append(slices.Clone(e.Pair.names), "*")...)
}

// Empty reports whether there are no certificates.
func (t *Table) Empty() bool { return len(t.fallback) == 0 }

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
// certificate it can use; nil when there is none.
func (t *Table) Find(h *tls.ClientHelloInfo) *Entry {
	name := strings.ToLower(strings.TrimSuffix(h.ServerName, "."))
	if name != "" {
		if list := t.exact[name]; list != nil {
			return usable(list, h, "")
		}
		if _, parent, ok := strings.Cut(name, "."); ok {
			if e := usable(t.wild[parent], h, name); e != nil {
				return e
			}
		}
	}
	if t.strict {
		return nil
	}
	return usable(t.fallback, h, "")
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
