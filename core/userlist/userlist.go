// Package userlist checks users' passwords and groups (HAProxy manual section
// 12.2).
//
//	list, err := userlist.New([]userlist.User{{Name: "ann", Password: "$6$...", Groups: []string{"ops"}}})
//	if list.Check("ann", password) && slices.Contains(list.Groups("ann"), "ops") { ... }
//
// Passwords are hashes as crypt(3) makes them: MD5 ($1$), SHA-256 ($5$), SHA-512
// ($6$) and bcrypt ($2a$, $2b$, $2y$), but not DES or yescrypt. Since such hashes
// are slow by design, a password that was right is remembered, under a keyed hash
// of it; a wrong one costs the whole time again, and that of an unknown user none,
// so that names are no secret.
//
// A List is safe for concurrent use. The package reads no files, and does not
// limit how many passwords are checked at a time.
package userlist

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/go-crypt/crypt"
	"github.com/go-crypt/crypt/algorithm"
	"github.com/go-crypt/crypt/algorithm/bcrypt"
	"github.com/go-crypt/crypt/algorithm/md5crypt"
	"github.com/go-crypt/crypt/algorithm/shacrypt"
)

// User is a user as configured: one of the passwords is set.
type User struct {
	Name             string
	Password         string // a hash as crypt(3) makes it
	InsecurePassword string // the password itself
	Groups           []string
}

// List is a set of users.
type List struct {
	users map[string]*user
	key   [sha256.Size]byte // of the hashes in memory
}

type user struct {
	digest algorithm.Digest // nil: plain holds the hash of the password itself
	plain  [sha256.Size]byte
	groups []string

	mu    sync.Mutex
	right [sha256.Size]byte // of the password that was right last
	known bool
}

// New makes a list. The error joins what is wrong with each user.
func New(users []User) (*List, error) {
	l := &List{users: map[string]*user{}}
	if _, err := rand.Read(l.key[:]); err != nil {
		return nil, err
	}
	decoder, err := newDecoder()
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, c := range users {
		u := &user{groups: c.Groups}
		if c.Password == "" {
			u.plain = l.hash(c.InsecurePassword)
		} else if u.digest, err = decoder.Decode(c.Password); err != nil {
			errs = append(errs, fmt.Errorf("user %q: the password is no hash that crypt(3) makes (%s): use \"mkpasswd -m sha-512\", or insecure-password for the password itself", c.Name, reason(err)))
			continue
		}
		l.users[c.Name] = u
	}
	return l, errors.Join(errs...)
}

func newDecoder() (*crypt.Decoder, error) {
	d := crypt.NewDecoder()
	for _, register := range []func(algorithm.DecoderRegister) error{
		bcrypt.RegisterDecoder, md5crypt.RegisterDecoderCommon, shacrypt.RegisterDecoder,
	} {
		if err := register(d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// reason is the end of an error's text, where it says what matters.
func reason(err error) string {
	text := err.Error()
	return text[strings.LastIndex(text, ": ")+1:]
}

func (l *List) hash(password string) (sum [sha256.Size]byte) {
	m := hmac.New(sha256.New, l.key[:])
	m.Write([]byte(password))
	return [sha256.Size]byte(m.Sum(sum[:0]))
}

// Check reports whether the password is the user's.
func (l *List) Check(name, password string) bool {
	u := l.users[name]
	if u == nil {
		return false
	}
	sum := l.hash(password)
	if u.digest == nil {
		return subtle.ConstantTimeCompare(sum[:], u.plain[:]) == 1
	}
	if u.remembers(&sum) {
		return true
	}
	if ok, err := u.digest.MatchAdvanced(password); err != nil || !ok {
		return false // an error is about the password, such as its length
	}
	u.mu.Lock()
	u.right, u.known = sum, true
	u.mu.Unlock()
	return true
}

func (u *user) remembers(sum *[sha256.Size]byte) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.known && subtle.ConstantTimeCompare(sum[:], u.right[:]) == 1
}

// Groups gives the groups of the user.
func (l *List) Groups(name string) []string {
	if u := l.users[name]; u != nil {
		return u.groups
	}
	return nil
}
