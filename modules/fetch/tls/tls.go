// Package tls is the sample fetches about TLS with clients and servers: ssl_fc,
// ssl_bc and those that begin so, the certificates of both sides, and what clients
// offer (HAProxy manual section 7.3.4). Importing the package registers them.
//
// They read the facts of core/session and give no value where a fact is missing.
// What of TLS is in the bytes of a connection that is not decrypted here is in
// modules/fetch/payload.
package tls

import (
	"cmp"
	"encoding/hex"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// afterTLS are the phases in which TLS with the client is set up.
var afterTLS = expr.FromSession

// toServer are the phases in which a server's connection is known.
var toServer = expr.In(expr.TCPResponse, expr.HTTPResponse, expr.HTTPAfterResponse, expr.Log)

// layer is TLS on one side: where it is known, and how to find it.
type layer struct {
	prefix, peer string
	phases       expr.Phases
	of           func(*expr.Env) *session.TLS // nil without TLS
}

var withClient = layer{"ssl_fc", "client", afterTLS, func(e *expr.Env) *session.TLS {
	if e.Conn == nil {
		return nil
	}
	return e.Conn.TLS
}}

var withServer = layer{"ssl_bc", "server", toServer, func(e *expr.Env) *session.TLS {
	if e.Stream == nil {
		return nil
	}
	return e.Stream.ServerTLS
}}

func init() {
	for _, l := range []layer{withClient, withServer} {
		with := "the connection with the " + l.peer
		entries := []register.Entry{
			register.As(expr.Fetch{Doc: "whether " + with + " is encrypted here", Out: expr.Bool, Phases: l.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
				s.SetBool(l.of(e) != nil)
				return e.Conn != nil
			}}, l.prefix),
			l.flag("whether a TLS session with the "+l.peer+" was resumed", func(t *session.TLS) bool { return t.Resumed }, "is_resumed"),
			l.text("the server name that was asked for by TLS with the "+l.peer, func(t *session.TLS) string { return t.SNI }, "sni"),
			l.text("the TLS version with the "+l.peer, func(t *session.TLS) string { return t.Version }, "protocol"),
			l.text("the cipher with the "+l.peer+", by OpenSSL's name", func(t *session.TLS) string { return t.Cipher }, "cipher"),
			l.text("the curve that the keys with the "+l.peer+" were exchanged by", func(t *session.TLS) string { return t.Curve }, "curve"),
			l.text("the application protocol agreed with the "+l.peer, func(t *session.TLS) string { return t.ALPN }, "alpn"),
			l.number("the bits of the cipher's key with the "+l.peer, keyBits, "alg_keysize"),
			l.number("the bits of the cipher's key with the "+l.peer+" that count", keyBits, "use_keysize"),
			l.bytes("what identifies the TLS connection with the "+l.peer+" (RFC 5929, tls-unique); none with TLS 1.3", func(t *session.TLS) []byte { return t.Unique }, "unique_id"),
			l.text("nothing: rules and logs see no TLS with the "+l.peer+" that failed, and fc_err_str tells why it did", func(*session.TLS) string { return "" }, "err_str"),
			l.text("the protocol agreed with the "+l.peer+" by NPN: none, as ALPN has taken its place", func(*session.TLS) string { return "" }, "npn"),
			l.bytes("the random of the client in TLS with the "+l.peer, func(t *session.TLS) []byte { return random(t.Client) }, "client_random"),
			l.bytes("the random of the server in TLS with the "+l.peer, func(t *session.TLS) []byte { return random(t.Server) }, "server_random"),
			l.bytes("the number of the TLS session with the "+l.peer+", as the server tells it", func(t *session.TLS) []byte {
				if t.Server == nil {
					return nil
				}
				return t.Server.SessionID
			}, "session_id"),
			l.key("the master secret of TLS 1.2 with the "+l.peer, "CLIENT_RANDOM", "session_key"),
			l.number("the error of TLS with the "+l.peer+": 0, as rules and logs see none that failed", func(*session.TLS) int64 { return 0 }, "err"),
		}
		for _, name := range []string{"client_handshake_traffic_secret", "server_handshake_traffic_secret", "client_traffic_secret_0", "server_traffic_secret_0"} {
			entries = append(entries, l.text("the "+strings.ReplaceAll(name, "_", " ")+" of TLS 1.3 with the "+l.peer+", in hexadecimal; with tune.ssl.keylog", func(t *session.TLS) string { return t.Secrets[strings.ToUpper(name)] }, name))
		}
		for _, name := range []string{"client_early_traffic_secret", "early_exporter_secret", "exporter_secret"} {
			entries = append(entries, l.text("nothing: Go's TLS does not tell the "+strings.ReplaceAll(name, "_", " "), func(*session.TLS) string { return "" }, name))
		}
		register.Fetches(entries)
	}
	c := withClient
	register.Fetches([]register.Entry{
		c.flag("whether the client sent a server name by TLS", func(t *session.TLS) bool { return t.SNI != "" }, "has_sni"),
		c.flag("whether the client showed a certificate on this connection, not one of a session that it resumed", func(t *session.TLS) bool { return t.Certs != nil && t.Certs.Shown() && !t.Resumed }, "has_crt"),
		c.text("what came of the client's encrypted ClientHello: SSL_ECH_STATUS_SUCCESS, SSL_ECH_STATUS_GREASE for one that no key of ours opens, or SSL_ECH_STATUS_NOT_TRIED", func(t *session.TLS) string {
			return cmp.Or(t.ECH, "SSL_ECH_STATUS_NOT_TRIED")
		}, "ech_status"),
		c.text("the server name that others saw, where the client hid the one that it asked for", func(t *session.TLS) string {
			if t.ECH != session.ECHAccepted {
				return ""
			}
			return t.OuterSNI
		}, "ech_outer_sni"),
		c.flag("whether the client sent early data and the handshake is not over: by QUIC alone, as Go's TLS takes none over TCP", (*session.TLS).Early, "has_early"),
		c.flag("whether the client sent early data, be the handshake over or not", func(t *session.TLS) bool { return t.Handshake != nil }, "early_rcvd"),
	})
}

func random(g *session.Greeting) []byte {
	if g == nil {
		return nil
	}
	return g.Random
}

// key is a secret by its label in key logs, as bytes.
func (l layer) key(doc, label, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc + "; with tune.ssl.keylog", Out: expr.Bin, Phases: l.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		t := l.of(e)
		if t == nil {
			return false
		}
		digits := t.Secrets[label]
		b := e.Scratch(len(digits) / 2)
		b, err := hex.AppendDecode(b, []byte(digits))
		s.SetBin(b)
		return err == nil && len(b) > 0
	}}, l.prefix+"_"+name)
}

func (l layer) flag(doc string, f func(*session.TLS) bool, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Bool, Phases: l.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		t := l.of(e)
		s.SetBool(t != nil && f(t))
		return e.Conn != nil
	}}, l.prefix+"_"+name)
}

func (l layer) text(doc string, f func(*session.TLS) string, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Str, Phases: l.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		t := l.of(e)
		if t == nil {
			return false
		}
		v := f(t)
		s.SetStr(append(e.Scratch(len(v)), v...))
		return v != ""
	}}, l.prefix+"_"+name)
}

func (l layer) bytes(doc string, f func(*session.TLS) []byte, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Bin, Phases: l.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		t := l.of(e)
		if t == nil {
			return false
		}
		s.SetBin(f(t))
		return len(s.Bytes) > 0
	}}, l.prefix+"_"+name)
}

func (l layer) number(doc string, f func(*session.TLS) int64, name string) register.Entry {
	return register.As(expr.Fetch{Doc: doc, Out: expr.Int, Phases: l.phases, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
		t := l.of(e)
		if t == nil {
			return false
		}
		s.SetInt(f(t))
		return true
	}}, l.prefix+"_"+name)
}

// keyBits goes by the cipher's name.
func keyBits(t *session.TLS) int64 {
	switch c := t.Cipher; {
	case strings.Contains(c, "CHACHA20"), strings.Contains(c, "256"):
		if strings.Contains(c, "AES128") || strings.Contains(c, "AES_128") {
			return 128
		}
		return 256
	case strings.Contains(c, "CBC3"), strings.Contains(c, "3DES"):
		return 168
	}
	return 128
}
