package tls

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
)

// acceptor is TLS with the clients of a bind.
type acceptor struct {
	layer   *Layer
	config  *tls.Config
	table   *secure.Table
	source  secure.Source // of certificates that come by themselves; nil for none
	peers   *secure.Peers // nil where crypto/tls checks clients by itself
	sigalgs []tls.SignatureScheme
	ech     *secure.ECH    // nil for none
	forger  *secure.Forger // makes certificates for unknown names; nil for none
	spares  bool           // does no work for clients that closed their half (option abortonclose)
}

// errLeft is the error of a handshake whose client did not wait for its turn.
var errLeft = fmt.Errorf("the client closed its half before the handshake: %w", io.ErrUnexpectedEOF)

// hidden gives the keys for a client that hides the name of the server
// (tls.Config.GetEncryptedClientHelloKeys), and notes what others see of it.
func (t *acceptor) hidden(h *tls.ClientHelloInfo) ([]tls.EncryptedClientHelloKey, error) {
	const offered = 0xfe0d
	if hs, ok := h.Conn.(*handshake); ok && hs.facts.ECH == "" && slices.Contains(h.Extensions, offered) {
		hs.facts.ECH, hs.facts.OuterSNI = session.ECHTried, h.ServerName
	}
	return t.ech.TLS(), nil
}

// settings chooses the certificate for a client and gives the settings that go
// with it, nil for the bind's own (tls.Config.GetConfigForClient).
func (t *acceptor) settings(h *tls.ClientHelloInfo) (*tls.Config, error) {
	hs, ok := h.Conn.(*handshake)
	if ok && t.spares && hs.base.HalfClosed() {
		return nil, errLeft
	}
	e, named := t.table.Find(h)
	if ok {
		hs.entry, hs.named, hs.looked = e, named, true
		secure.SetHello(&hs.hello, h)
		hs.facts.Hello = &hs.hello
		if t.forger == nil || named {
			hs.shows(e) // a session that is resumed asks for no certificate
		}
	}
	s := t.table.Settings(e)
	if s == nil {
		return nil, nil
	}
	if ok {
		hs.peers = s.Peers
	}
	return s.Config, nil
}

// shows notes the certificate that the client is shown, or was when its session began.
func (h *handshake) shows(e *secure.Entry) {
	if e == nil {
		return
	}
	if c, err := e.Pair.Certificate(); err == nil {
		h.certs.Own, h.facts.CertName = c.Leaf, e.Pair.File()
	}
}

// certificate gives the certificate for a client (tls.Config.GetCertificate);
// none makes crypto/tls say that the name is not known.
func (t *acceptor) certificate(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
	hs, ok := h.Conn.(*handshake)
	var e *secure.Entry
	var named bool
	if ok && hs.looked {
		e, named = hs.entry, hs.named
	} else {
		e, named = t.table.Find(h)
	}
	var c *tls.Certificate
	var err error
	switch {
	case t.source != nil && (e == nil || isChallenge(h, t.source)):
		if c, err = t.source.Choose(h); err != nil {
			c, err = t.obtain(h, hs, err)
		}
	case t.forger != nil && !named && h.ServerName != "":
		c, err = t.forged(h, e)
	case e != nil:
		c, err = e.Pair.Certificate()
	}
	if c == nil && err == nil {
		err = secure.ErrName
	}
	if errors.Is(err, secure.ErrName) {
		if ok {
			hs.err = err
		}
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", secure.ErrName, err)
	}
	if ok {
		hs.certs.Own = c.Leaf
		if e != nil {
			hs.facts.CertName = e.Pair.File()
		}
	}
	sigalgs := t.sigalgs
	if e != nil && e.Settings != nil {
		sigalgs = e.Settings.Sigalgs
	}
	if sigalgs != nil {
		limited := *c
		limited.SupportedSignatureAlgorithms = sigalgs
		c = &limited
	}
	return c, nil
}

// forged makes a certificate for the name that the client asks for; where that fails,
// the client gets the one for unknown names.
func (t *acceptor) forged(h *tls.ClientHelloInfo, otherwise *secure.Entry) (*tls.Certificate, error) {
	c, err := t.forger.Certificate(strings.ToLower(h.ServerName))
	if err != nil && otherwise != nil {
		return otherwise.Pair.Certificate()
	}
	return c, err
}

// obtain has the source get the certificate for a name that nobody listed, or
// says why there is none. Waiting takes no turn.
func (t *acceptor) obtain(h *tls.ClientHelloInfo, hs *handshake, why error) (*tls.Certificate, error) {
	o, ok := t.source.(secure.Obtainer)
	if !ok || h.ServerName == "" || isChallenge(h, t.source) {
		return nil, fmt.Errorf("%w: %w", secure.ErrName, why)
	}
	if hs != nil {
		hs.yield()
		defer hs.take()
	}
	switch err := o.Obtain(h.Context(), h.ServerName); {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", secure.ErrName, err)
	}
	return t.source.Choose(h)
}

// isChallenge reports whether the client is an authority that looks for proof.
func isChallenge(h *tls.ClientHelloInfo, source secure.Source) bool {
	own := source.Protocols()
	return len(h.SupportedProtos) == 1 && len(own) > 0 && h.SupportedProtos[0] == own[0]
}

// handshake is the connection below TLS. While the handshake goes on it takes
// turns with others: whoever computes has a turn, whoever waits for bytes has none.
// There are as many turns as processors, so that a storm of handshakes leaves
// streams that are under way their part of the time.
type handshake struct {
	net.Conn
	base     *relay.Conn // of a client, below
	engine   *engine
	turn     bool // it has one
	over     bool
	received bool // bytes have come
	closed   atomic.Bool

	client, server greeting
	connects       bool     // we are the client
	secrets        *secrets // nil where key logs are off
	awaits         string   // what secrets know it by

	facts  session.TLS
	certs  secure.Certificates
	hello  session.Hello
	entry  *secure.Entry
	named  bool // entry is for the name that the client asks for
	looked bool // entry is what was found
	peers  *secure.Peers
	err    error // what crypto/tls has no words for
}

// Read waits for bytes, giving up its turn meanwhile.
func (h *handshake) Read(p []byte) (int, error) {
	if h.over {
		return h.Conn.Read(p)
	}
	h.yield()
	n, err := h.Conn.Read(p)
	h.received = h.received || n > 0
	h.look(p[:max(n, 0)], !h.connects)
	h.take()
	return n, err
}

// Write sends bytes.
func (h *handshake) Write(p []byte) (int, error) {
	if !h.over {
		h.look(p, h.connects)
	}
	return h.Conn.Write(p)
}

// look looks for a side's hello in bytes that pass.
func (h *handshake) look(p []byte, client bool) {
	if !client {
		h.server.see(p)
		return
	}
	h.client.see(p)
	if h.secrets != nil && h.client.done && h.awaits == "" {
		h.secrets.await(h, &h.client.Greeting)
	}
}

// Close gives back what the connection takes of maxsslconn, too.
func (h *handshake) Close() error {
	if !h.closed.Swap(true) {
		h.engine.leave()
	}
	return h.Conn.Close()
}

func (h *handshake) take() {
	if !h.turn {
		h.engine.turns.take()
		h.turn = true
	}
}

func (h *handshake) yield() {
	if h.turn {
		h.turn = false
		h.engine.turns.give()
	}
}

// end is called once the handshake is over, well or not.
func (h *handshake) end() {
	h.over = true
	h.yield()
	h.secrets.forget(h)
	h.facts.Client, h.facts.Server = h.client.known(), h.server.known()
}
