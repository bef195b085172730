package tls

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"sync"

	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
)

// keylog gets the lines of a key log (tls.Config.KeyLogWriter): label, the client's
// random, secret. It gives the secrets to the handshake that they are of, and the
// lines to a file, where there is one.
type keylog struct {
	of   *secrets
	file secure.KeyLog // "" for none
}

// Write takes a line.
func (k keylog) Write(line []byte) (int, error) {
	if f := bytes.Fields(line); len(f) == 3 {
		k.of.tell(string(f[0]), string(f[1]), string(f[2]))
	}
	if k.file == "" {
		return len(line), nil
	}
	return k.file.Write(line)
}

// secretsOf gives what tells a handshake its secrets, nil where key logs are off.
func secretsOf(c *tls.Config) *secrets {
	k, _ := c.KeyLogWriter.(keylog)
	return k.of
}

// secrets finds the handshakes in progress of one role whose secrets are wanted, by
// the client's random in hexadecimal. Each is told of its own by the goroutine that
// does it.
type secrets struct{ waiting sync.Map } // string to *handshake

// await has h told, from when its ClientHello has passed until forget.
func (s *secrets) await(h *handshake, hello *session.Greeting) {
	h.awaits = hex.EncodeToString(hello.Random)
	s.waiting.Store(h.awaits, h)
}

func (s *secrets) forget(h *handshake) {
	if h.awaits != "" {
		s.waiting.Delete(h.awaits)
	}
}

func (s *secrets) tell(label, random, secret string) {
	if h, ok := s.waiting.Load(random); ok {
		facts := &h.(*handshake).facts
		if facts.Secrets == nil {
			facts.Secrets = map[string]string{}
		}
		facts.Secrets[label] = secret
	}
}
