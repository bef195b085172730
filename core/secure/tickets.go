package secure

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Tickets seal the sessions that clients may resume. One value serves all binds
// and lives as long as the process, so that sessions begun at one bind go on at
// another, and after a reload. Its keys change by themselves every day.
//
// What a session may be resumed for is decided anew each time: crypto/tls checks
// clients' certificates, which are part of a session, by the authorities of the
// bind at hand.
type Tickets struct{ keys tls.Config }

// NewTickets makes tickets with keys of their own.
func NewTickets() *Tickets { return &Tickets{} }

// ReadTickets makes tickets with the keys of a file, which several machines may
// share: a line of Base64 each, of 48 or 80 bytes, at least three. As in HAProxy
// the last but one is for new sessions, and the last three open those there are;
// the tickets themselves are not of HAProxy's form.
func ReadTickets(path string) (*Tickets, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadable(err)
	}
	var keys [][32]byte
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(b) != 48 && len(b) != 80 {
			return nil, fmt.Errorf("%s:%d: want 48 or 80 bytes in Base64, as from openssl rand -base64 80", path, n+1)
		}
		keys = append(keys, sha256.Sum256(b))
	}
	if len(keys) < ticketKeys {
		return nil, fmt.Errorf("%s: %w", path, errTooFew)
	}
	keys = keys[len(keys)-ticketKeys:]
	t := &Tickets{}
	t.keys.SetSessionTicketKeys([][32]byte{keys[1], keys[2], keys[0]})
	return t, nil
}

// ticketKeys is how many keys of a file are in use (HAProxy manual, tls-ticket-keys).
const ticketKeys = 3

var errTooFew = errors.New("there are fewer than 3 keys: add lines, as from openssl rand -base64 80")

// Use has a bind's sessions sealed by t.
func (t *Tickets) Use(c *tls.Config) {
	c.WrapSession = t.keys.EncryptTicket
	c.UnwrapSession = t.keys.DecryptTicket
}
