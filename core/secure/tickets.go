package secure

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Tickets seal the sessions that clients may resume. One value serves all binds
// and lives as long as the process, so that sessions begun at one bind go on at
// another, and after a reload. Its keys change by themselves every day.
//
// What a session may be resumed for is decided anew each time: crypto/tls checks
// clients' certificates, which are part of a session, by the authorities of the
// bind at hand.
type Tickets struct {
	keys tls.Config
	file string
	mu   sync.Mutex
	held [][]byte // those in use, the newest last; nil for keys of its own
}

// NewTickets makes tickets with keys of their own.
func NewTickets() *Tickets { return &Tickets{} }

// Tickets makes tickets with the keys of a file, once, which several machines may
// share: a line of Base64 each, of 48 or 80 bytes, at least three. As in HAProxy
// the last but one is for new sessions, and the last three open those there are;
// the tickets themselves are not of HAProxy's form.
func (s *Store) Tickets(path string) (*Tickets, error) {
	for _, t := range s.tickets {
		if t.file == path {
			return t, nil
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(err)
	}
	t := &Tickets{file: path}
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil || !ticketSize(b) {
			return nil, fmt.Errorf("%s:%d: want 48 or 80 bytes in Base64, as from openssl rand -base64 80", path, n+1)
		}
		t.held = append(t.held, b)
	}
	if len(t.held) < ticketKeys {
		return nil, fmt.Errorf("%s: %w", path, errTooFew)
	}
	t.held = t.held[len(t.held)-ticketKeys:]
	t.apply()
	s.tickets = append(s.tickets, t)
	return t, nil
}

func ticketSize(key []byte) bool { return len(key) == 48 || len(key) == 80 }

// apply uses the keys that are held.
func (t *Tickets) apply() {
	hash := func(i int) [32]byte { return sha256.Sum256(t.held[i]) }
	t.keys.SetSessionTicketKeys([][32]byte{hash(1), hash(2), hash(0)})
}

// add adds a key, which is the next to be used; the oldest goes.
func (t *Tickets) add(key []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held = append(t.held[1:len(t.held):len(t.held)], key)
	t.apply()
}

// TicketFile is a file of keys for sessions, as it is now.
type TicketFile struct {
	ID   int
	File string
	Keys [][]byte
}

// TicketFiles lists the files of keys.
func (s *Store) TicketFiles() []TicketFile {
	var list []TicketFile
	for i, t := range s.tickets {
		t.mu.Lock()
		list = append(list, TicketFile{i, t.file, t.held})
		t.mu.Unlock()
	}
	return list
}

// SetTicketKey adds a key, in Base64, to a file's: "#ID" or the file's name.
func (s *Store) SetTicketKey(id, text string) error {
	i := slices.IndexFunc(s.tickets, func(t *Tickets) bool { return t.file == id })
	if digits, ok := strings.CutPrefix(id, "#"); ok {
		if n, err := strconv.Atoi(digits); err == nil && n < len(s.tickets) {
			i = n
		}
	}
	if i < 0 {
		return says("'set ssl tls-key' unable to locate referenced filename")
	}
	key, err := base64.StdEncoding.DecodeString(text)
	switch {
	case err != nil:
		return says("'set ssl tls-key' received invalid base64 encoded TLS key.")
	case !ticketSize(key) || len(key) != len(s.tickets[i].held[0]):
		return says("'set ssl tls-key' received a key of wrong size.")
	}
	s.tickets[i].add(key)
	return nil
}

// ticketKeys is how many keys of a file are in use (HAProxy manual, tls-ticket-keys).
const ticketKeys = 3

var errTooFew = errors.New("there are fewer than 3 keys: add lines, as from openssl rand -base64 80")

// Use has a bind's sessions sealed by t.
func (t *Tickets) Use(c *tls.Config) {
	c.WrapSession = t.keys.EncryptTicket
	c.UnwrapSession = t.keys.DecryptTicket
}
