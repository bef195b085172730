package secure

import (
	"bytes"
	"crypto/x509"
)

// The files of authorities and of revocation lists can be replaced while they are
// in use, until the configuration is read again. Errors are in HAProxy's words.

// TrustFile is a file of authorities or of revocation lists, as it is now.
type TrustFile struct {
	Name string
	// Pending: it is what the transaction in progress would make of it.
	Pending, Used bool
	// Certs and Lists are what is in it; one of them is empty.
	Certs []*x509.Certificate
	Lists []*x509.RevocationList
}

// Which says which kind of files is meant.
type Which bool

// The kinds of files.
const (
	CAFiles  Which = false
	CRLFiles Which = true
)

// TrustFiles lists the files of a kind, that of the transaction in progress first.
func (s *Store) TrustFiles(w Which) []TrustFile {
	s.edit.Lock()
	defer s.edit.Unlock()
	var list []TrustFile
	if w == CRLFiles {
		if s.crls.next != nil {
			list = append(list, TrustFile{Name: s.crls.name, Pending: true, Lists: s.crls.next.all})
		}
		for _, name := range s.crls.sorted() {
			list = append(list, TrustFile{Name: name, Used: s.trusts(name) > 0, Lists: s.crls.files[name].all})
		}
		return list
	}
	if s.cas.next != nil {
		list = append(list, TrustFile{Name: s.cas.name, Pending: true, Certs: s.cas.next.certs})
	}
	for _, name := range s.cas.sorted() {
		list = append(list, TrustFile{Name: name, Used: s.trusts(name) > 0, Certs: s.cas.files[name].certs})
	}
	return list
}

// NewTrustFile adds an empty file.
func (s *Store) NewTrustFile(w Which, name string) error {
	s.edit.Lock()
	defer s.edit.Unlock()
	if w == CRLFiles {
		return s.crls.create(name)
	}
	return s.cas.create(name)
}

var errPayload = says("Invalid payload")

// SetTrustFile prepares what a file is to hold, and with more adds to what it was
// to hold. It reports whether that began a transaction.
func (s *Store) SetTrustFile(w Which, name string, text []byte, more bool) (begun bool, err error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	if w == CRLFiles {
		return s.crls.prepare(name, func(*Revoked) (*Revoked, error) {
			r, err := parseRevoked(text)
			if err != nil {
				return nil, errPayload
			}
			return r, nil
		})
	}
	return s.cas.prepare(name, func(pending *authorities) (*authorities, error) {
		certs := parseAuthorities(text)
		if len(certs) == 0 || !bytes.Contains(text, []byte("-----END")) {
			return nil, errPayload
		}
		before := pending
		if before == nil {
			before = s.cas.files[name]
		}
		if more {
			certs = append(before.certs[:len(before.certs):len(before.certs)], certs...)
		}
		return &authorities{certs: certs}, nil
	})
}

// CommitTrustFile puts what was prepared in force, and gives at how many places.
func (s *Store) CommitTrustFile(w Which, name string) (places int, err error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	if w == CRLFiles {
		err = s.crls.commit(name)
	} else {
		err = s.cas.commit(name)
	}
	if err != nil {
		return 0, err
	}
	for _, t := range s.tables {
		s.follow(t, name)
	}
	for _, v := range s.servers {
		if v.trust.names(name) {
			s.load(v)
		}
	}
	return s.trusts(name), nil
}

// AbortTrustFile drops what was prepared.
func (s *Store) AbortTrustFile(w Which, name string) error {
	s.edit.Lock()
	defer s.edit.Unlock()
	if w == CRLFiles {
		return s.crls.abort(name)
	}
	return s.cas.abort(name)
}

// DelTrustFile takes a file away.
func (s *Store) DelTrustFile(w Which, name string) error {
	s.edit.Lock()
	defer s.edit.Unlock()
	var err error
	if w == CRLFiles {
		err = s.crls.remove(name, s.trusts(name) > 0)
	} else {
		err = s.cas.remove(name, s.trusts(name) > 0)
	}
	if err != nil {
		return says("Can't remove the %s: %v", w, err)
	}
	return nil
}

func (w Which) String() string {
	if w == CRLFiles {
		return "CRL file"
	}
	return "CA file"
}

// trusts gives at how many places a file is used.
func (s *Store) trusts(name string) (places int) {
	for _, t := range s.tables {
		seen := map[*Settings]bool{t.own: t.own != nil && t.own.trust.names(name)}
		for _, e := range t.rows {
			if e.Settings != nil {
				seen[e.Settings] = e.Settings.trust.names(name)
			}
		}
		for _, used := range seen {
			if used {
				places++
			}
		}
	}
	for _, v := range s.servers {
		if v.trust.names(name) {
			places++
		}
	}
	return places
}

// follow has a table go by what is in a file now.
func (s *Store) follow(t *Table, name string) {
	fresh := map[*Settings]*Settings{}
	renewed := func(old *Settings) *Settings {
		if old == nil || !old.trust.names(name) {
			return old
		}
		if fresh[old] == nil {
			fresh[old] = s.renew(old)
		}
		return fresh[old]
	}
	own := renewed(t.own)
	if own == t.own {
		own = nil
	}
	for i, e := range t.rows {
		if x := renewed(e.Settings); x != e.Settings {
			one := *e
			one.Settings = x
			t.rows[i] = &one
		}
	}
	if len(fresh) > 0 {
		t.rebuild(own)
	}
}
