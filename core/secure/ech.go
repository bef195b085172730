package secure

import (
	"crypto/ecdh"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/cryptobyte"
)

// ECH are the keys by which clients hide the name of the server that they ask for
// (encrypted ClientHello, RFC 9849). It is safe for concurrent use.
type ECH struct{ keys atomic.Pointer[[]ECHKey] }

// ECHKey is a key with what clients are told of it.
type ECHKey struct {
	tls.EncryptedClientHelloKey
	ID byte
	// PublicName is the name that others see.
	PublicName string
	Public     []byte
	Loaded     time.Time
}

// Keys gives the keys, which are not to be changed.
func (e *ECH) Keys() []ECHKey {
	if keys := e.keys.Load(); keys != nil {
		return *keys
	}
	return nil
}

// TLS gives them as crypto/tls wants them.
func (e *ECH) TLS() []tls.EncryptedClientHelloKey {
	out := []tls.EncryptedClientHelloKey{} // nil would be refused
	for _, k := range e.Keys() {
		out = append(out, k.EncryptedClientHelloKey)
	}
	return out
}

// ReadECH reads the files of a directory whose names end in ".ech".
func (s *Store) ReadECH(dir string) (*ECH, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, unreadable(err)
	}
	var all []ECHKey
	for _, f := range entries {
		if filepath.Ext(f.Name()) != ".ech" {
			continue
		}
		path := filepath.Join(dir, f.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, unreadable(err)
		}
		keys, err := parseECH(text, s.now())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		all = append(all, keys...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: there is no file with a key in the directory: its name has to end in .ech", dir)
	}
	e := &ECH{}
	e.keys.Store(&all)
	return e, nil
}

// parseECH reads a private key and its configurations in PEM, as openssl ech and
// fairlead ech write them.
func parseECH(text []byte, now time.Time) (keys []ECHKey, err error) {
	var private *ecdh.PrivateKey
	var list cryptobyte.String
	for {
		var b *pem.Block
		if b, text = pem.Decode(text); b == nil {
			break
		}
		switch b.Type {
		case "PRIVATE KEY":
			k, err := x509.ParsePKCS8PrivateKey(b.Bytes)
			if err != nil {
				return nil, fmt.Errorf("the private key: %s", strings.TrimPrefix(err.Error(), "x509: "))
			}
			private, _ = k.(*ecdh.PrivateKey)
		case "ECHCONFIG":
			in := cryptobyte.String(b.Bytes)
			if !in.ReadUint16LengthPrefixed(&list) || !in.Empty() {
				return nil, errECHConfig
			}
		}
	}
	switch {
	case private == nil:
		return nil, errors.New("there is no X25519 key in a block PRIVATE KEY")
	case len(list) == 0:
		return nil, errNoECHConfig
	}
	for !list.Empty() {
		k := ECHKey{Loaded: now}
		if k.Config, err = k.parse(&list); err != nil {
			return nil, err
		}
		if string(k.Public) != string(private.PublicKey().Bytes()) {
			return nil, fmt.Errorf("the private key is not that of the configuration for %q", k.PublicName)
		}
		k.PrivateKey, k.SendAsRetry = private.Bytes(), true
		keys = append(keys, k)
	}
	return keys, nil
}

// ReadECHConfigs gives the list of configurations that a text is in Base64, perhaps
// with "ech=" before it, or that stands in the file of that name.
func ReadECHConfigs(text string) ([]byte, error) {
	if list, err := unbase64([]byte(strings.TrimPrefix(text, "ech="))); err == nil && configs(list) == nil {
		return list, nil
	}
	file, err := os.ReadFile(text)
	if err != nil {
		return nil, fmt.Errorf("it is neither a list of ECH configurations in Base64 nor a file with one: %w", unreadable(err))
	}
	for b, rest := pem.Decode(file); b != nil; b, rest = pem.Decode(rest) {
		if b.Type == "ECHCONFIG" {
			if err := configs(b.Bytes); err != nil {
				return nil, about(text, err)
			}
			return b.Bytes, nil
		}
	}
	return nil, about(text, errNoECHConfig)
}

// configs reports what is wrong with a list of configurations.
func configs(list []byte) error {
	in := cryptobyte.String(list)
	var all cryptobyte.String
	if !in.ReadUint16LengthPrefixed(&all) || !in.Empty() || all.Empty() {
		return errECHConfig
	}
	for !all.Empty() {
		var k ECHKey
		if _, err := k.parse(&all); err != nil {
			return err
		}
	}
	return nil
}

var errNoECHConfig = errors.New("there is no block ECHCONFIG")

var errECHConfig = errors.New("the block ECHCONFIG is no list of configurations")

// parse takes a configuration from a list (RFC 9849 section 4).
func (k *ECHKey) parse(list *cryptobyte.String) ([]byte, error) {
	const version = 0xfe0d
	before := *list
	var v, kem uint16
	var body, public, suites, name cryptobyte.String
	var room uint8
	if !list.ReadUint16(&v) || !list.ReadUint16LengthPrefixed(&body) || v != version ||
		!body.ReadUint8(&k.ID) || !body.ReadUint16(&kem) || !body.ReadUint16LengthPrefixed(&public) || !body.ReadUint16LengthPrefixed(&suites) ||
		!body.ReadUint8(&room) || !body.ReadUint8LengthPrefixed(&name) {
		return nil, errECHConfig
	}
	k.Public, k.PublicName = public, string(name)
	return before[:len(before)-len(*list)], nil
}

// ECHOf are the keys of a bind.
type ECHOf struct {
	Bind string // FRONTEND/@FILE:LINE
	Keys []ECHKey
}

// ECHs lists the keys of the binds that have some.
func (s *Store) ECHs() []ECHOf {
	var list []ECHOf
	for _, t := range s.tables {
		if t.ECH != nil {
			list = append(list, ECHOf{t.echName(), t.ECH.Keys()})
		}
	}
	return list
}

func (t *Table) echName() string { return strings.Replace(t.Bind, "/", "/@", 1) }

// SetECH replaces the keys of a bind by those of a text, or with more adds these;
// an empty text takes all away. bind is FRONTEND/@FILE:LINE or FRONTEND/NAME; found
// is false where there is no such bind, or it has no ech.
func (s *Store) SetECH(bind string, text []byte, more bool) (found bool, err error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	i := slices.IndexFunc(s.tables, func(t *Table) bool { return t.ECH != nil && (t.echName() == bind || t.Name == bind) })
	if i < 0 {
		return false, nil
	}
	var keys []ECHKey
	if len(text) > 0 {
		if keys, err = parseECH(text, s.now()); err != nil {
			return true, err
		}
	}
	e := s.tables[i].ECH
	if more {
		keys = append(slices.Clone(e.Keys()), keys...)
	}
	e.keys.Store(&keys)
	return true, nil
}
