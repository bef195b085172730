package secure

import (
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Certificates can be replaced, added and taken away while they are in use, until
// the configuration is read again. Errors are in HAProxy's words.

// Held is a certificate under its name.
type Held struct {
	Name string
	Pair *Pair // nil: it is to be filled
	// Pending: it is what the transaction in progress would make of it.
	Pending, Used bool
	// Partly: the transaction has no key for it, or none that fits.
	Partly bool
}

// Certificates lists the certificates by name, that of the transaction in progress
// first.
func (s *Store) Certificates() []Held {
	s.edit.Lock()
	defer s.edit.Unlock()
	used := map[*Pair]bool{}
	for _, t := range s.tables {
		for _, e := range t.rows {
			used[e.Pair] = true
		}
	}
	var list []Held
	seen := map[string]bool{}
	for _, r := range s.loaded {
		if !seen[r.file] && r.Err == nil {
			seen[r.file] = true
			list = append(list, Held{Name: r.file, Pair: r.Pair, Used: used[r.Pair] || r.held})
		}
	}
	slices.SortFunc(list, func(a, b Held) int { return strings.Compare(a.Name, b.Name) })
	if s.certs.next == nil {
		return list
	}
	draft := Held{Name: s.certs.name, Pending: true}
	if p, err := s.assemble(s.certs.name, s.certs.next.clone(), &Result{}); err == nil {
		draft.Pair = p
	} else if len(s.certs.next.chain) > 0 {
		draft.Partly = true
		draft.Pair = &Pair{file: s.certs.name, chain: s.certs.next.chain}
	}
	return slices.Insert(list, 0, draft)
}

// clone copies what assembling changes.
func (p *parts) clone() *parts {
	out := *p
	out.chain = slices.Clone(p.chain)
	return &out
}

// named gives what was read under a name: a file's, or one that a section declares.
func (s *Store) named(name string) (list []*Result) {
	if f, ok := s.declared[name]; ok {
		name = f.Crt
	}
	for _, r := range s.loaded {
		if r.file == name && r.Err == nil {
			list = append(list, r)
		}
	}
	return list
}

// NewCertificate adds one that is to be filled.
func (s *Store) NewCertificate(name string) error {
	s.edit.Lock()
	defer s.edit.Unlock()
	if len(s.named(name)) > 0 {
		return says("Certificate '%s' already exists!", name)
	}
	s.loaded[Files{Crt: name, Alone: true, Update: s.Update}] = &Result{file: name}
	return nil
}

// SetCertificate prepares what a certificate is to be: of NAME all of it, of
// NAME.key, NAME.issuer, NAME.ocsp and NAME.sctl that part. It gives the name of the
// certificate, and whether that began a transaction.
func (s *Store) SetCertificate(name string, text []byte) (of string, begun bool, err error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	of, ext, list := name, "", s.named(name)
	if e := filepath.Ext(name); len(list) == 0 && slices.Contains(reserved, e) {
		of, ext = strings.TrimSuffix(name, e), e
		if list = s.named(of); len(list) == 0 && s.Extra.DelExt {
			list = s.named(of + crtExt)
		}
	}
	if len(list) > 0 {
		of = list[0].file
	}
	if err := s.certs.takes(of); err != nil {
		return of, false, err
	}
	if len(list) == 0 {
		return name, false, says("Can't replace a certificate which is not referenced by the configuration!")
	}
	next := s.certs.next
	switch {
	case next != nil:
		next = next.clone()
	case list[0].Pair != nil:
		next = list[0].Pair.parts()
	default:
		next = &parts{}
	}
	if err := next.set(ext, text); err != nil {
		return of, false, fmt.Errorf("unable to load certificate from file '%s': %w\nCan't load the payload", name, err)
	}
	return of, s.certs.set(of, next), nil
}

// set replaces what a payload brings.
func (p *parts) set(ext string, text []byte) (err error) {
	switch ext {
	case ".key":
		if _, p.key, err = parsePEM(text, "", nil); err == nil && p.key == nil {
			err = errors.New("there is no private key in PEM")
		}
	case ".issuer":
		if p.issuer = firstBlock(text); p.issuer == nil {
			err = errors.New("there is no certificate in PEM")
		}
	case ".ocsp":
		p.staple, err = unbase64(text)
	case ".sctl":
		if text, err = unbase64(text); err == nil {
			p.scts, err = timestamps(text)
		}
	default:
		var chain [][]byte
		var key []byte
		if chain, key, err = parsePEM(text, "", nil); err == nil && len(chain) == 0 {
			err = errors.New("there is no certificate in PEM")
		}
		if err == nil {
			*p = parts{chain: chain, key: key} // what went with the one before goes
		}
	}
	return err
}

func unbase64(text []byte) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
}

// CommitCertificate puts what was prepared in force, and gives at how many places,
// and what is odd about it. What does not fit together changes nothing.
func (s *Store) CommitCertificate(name string) (places int, warnings []string, err error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	if list := s.named(name); len(list) > 0 {
		name = list[0].file
	}
	next, err := s.certs.pending(name)
	if err != nil {
		return 0, nil, err
	}
	if len(next.chain) == 0 || next.key == nil {
		return 0, nil, says("The transaction must contain at least a certificate and a private key!")
	}
	r := &Result{}
	p, err := s.assemble(name, next.clone(), r)
	switch {
	case errors.Is(err, errMismatch):
		return 0, nil, says("inconsistencies between private key and certificate loaded '%s'.", name)
	case err != nil:
		return 0, nil, err
	}
	s.certs.next = nil
	before := map[*Pair]bool{}
	for _, r := range s.named(name) {
		if r.Pair != nil {
			before[r.Pair] = true
			r.Pair.next.Store(p)
		}
		if r.held {
			places++
		}
		r.Pair = p
	}
	if s.updated(name) {
		s.updater.Follow(p)
	}
	for _, t := range s.tables {
		n := t.replace(before, p)
		if n > 0 {
			t.rebuild(nil)
		}
		places += n
	}
	return places, r.Warnings, nil
}

// replace has the rows with certificates go by another, and gives how many there are.
func (t *Table) replace(before map[*Pair]bool, p *Pair) (n int) {
	for i, e := range t.rows {
		if before[e.Pair] {
			one := *e
			one.Pair = p
			t.rows[i] = &one
			n++
		}
	}
	return n
}

// AbortCertificate drops what was prepared.
func (s *Store) AbortCertificate(name string) error {
	s.edit.Lock()
	defer s.edit.Unlock()
	return s.certs.abort(name)
}

// DelCertificate takes one away that is not used.
func (s *Store) DelCertificate(name string) error {
	list := s.Certificates()
	s.edit.Lock()
	defer s.edit.Unlock()
	i := slices.IndexFunc(list, func(h Held) bool { return h.Name == name && !h.Pending })
	switch {
	case s.certs.next != nil && s.certs.name == name:
		return says("Can't remove the certificate: ongoing transaction for the certificate '%s'", name)
	case i < 0:
		return says("Can't remove the certificate: certificate '%s' doesn't exist!", name)
	case list[i].Used:
		return says("Can't remove the certificate: certificate '%s' in use, can't be deleted!", name)
	}
	for f, r := range s.loaded {
		if f.Crt == name {
			if s.updater != nil && r.Pair != nil {
				s.updater.Forget(r.Pair)
			}
			delete(s.loaded, f)
		}
	}
	return nil
}

// Latest gives what has come in the place of a certificate, which is itself where
// nothing has.
func (p *Pair) Latest() *Pair {
	for n := p.next.Load(); n != nil; n = p.next.Load() {
		p = n
	}
	return p
}
