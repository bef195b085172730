package tls

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/hash"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// The fetches of what a client offers in its ClientHello. HAProxy has them with
// tune.ssl.capture-buffer-size; here they are always there, but for QUIC.
func init() {
	filter := []expr.Arg{{Name: "filter", Type: expr.ArgInt, Optional: true}}
	list := func(doc string, f func(*session.Hello) []uint16, name string) register.Entry {
		return register.As(expr.Fetch{Doc: doc + "; with 1 without those that stand for nothing (GREASE)", Out: expr.Bin, Phases: afterTLS, Args: filter, Bind: bindFilter,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				h := hello(e)
				if h == nil {
					return false
				}
				s.SetBin(pack(e, f(h), a.Int(0, 0) == 1))
				return len(s.Bytes) > 0
			}}, name)
	}
	ciphers := func(h *session.Hello) []uint16 { return h.Ciphers }
	register.Fetches([]register.Entry{
		list("the ciphers that the client offers", ciphers, "ssl_fc_cipherlist_bin"),
		list("the extensions in the client's ClientHello", func(h *session.Hello) []uint16 { return h.Extensions }, "ssl_fc_extlist_bin"),
		list("the curves that the client offers", func(h *session.Hello) []uint16 { return h.Curves }, "ssl_fc_eclist_bin"),
		list("the signature algorithms that the client offers", func(h *session.Hello) []uint16 { return h.SigAlgs }, "ssl_fc_sigalgs_bin"),
		list("the TLS versions that the client offers", func(h *session.Hello) []uint16 { return h.Versions }, "ssl_fc_supported_versions_bin"),
		register.As(expr.Fetch{Doc: "the forms of points that the client offers", Out: expr.Bin, Phases: afterTLS, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			h := hello(e)
			if h == nil {
				return false
			}
			s.SetBin(h.Points)
			return len(h.Points) > 0
		}}, "ssl_fc_ecformats_bin"),
		register.As(expr.Fetch{Doc: "the ciphers that the client offers, in hexadecimal; with 1 without those that stand for nothing (GREASE)", Out: expr.Str, Phases: afterTLS, Args: filter, Bind: bindFilter,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				h := hello(e)
				if h == nil {
					return false
				}
				b := pack(e, h.Ciphers, a.Int(0, 0) == 1)
				out := e.Scratch(2 * len(b))[:2*len(b)]
				hex.Encode(out, b)
				for i, c := range out {
					if c >= 'a' {
						out[i] = c - 'a' + 'A'
					}
				}
				s.SetStr(out)
				return len(out) > 0
			}}, "ssl_fc_cipherlist_hex"),
		register.As(expr.Fetch{Doc: "the names of the ciphers that the client offers, by OpenSSL, separated by commas; with 1 without those that stand for nothing (GREASE)", Out: expr.Str, Phases: afterTLS, Args: filter, Bind: bindFilter,
			Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
				h := hello(e)
				if h == nil {
					return false
				}
				s.SetStr(appendCiphers(e.Scratch(40*len(h.Ciphers)), h.Ciphers, a.Int(0, 0) == 1))
				return len(s.Bytes) > 0
			}}, "ssl_fc_cipherlist_str"),
		register.As(expr.Fetch{Doc: "the hash XXH64 of the ciphers that the client offers; the result is signed", Out: expr.Int, Phases: afterTLS, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			h := hello(e)
			if h == nil {
				return false
			}
			s.SetInt(int64(hash.XXH64(pack(e, h.Ciphers, false), 0)))
			return true
		}}, "ssl_fc_cipherlist_xxh"),
		withClient.number("the TLS version that stands in the client's ClientHello for old servers: 771 with TLS 1.2 and 1.3", func(t *session.TLS) int64 {
			if t.Client == nil {
				return 0
			}
			return int64(t.Client.Version)
		}, "protocol_hello_id"),
		register.As(expr.Fetch{Doc: "the fingerprint of the client's TLS, JA4", Out: expr.Str, Phases: afterTLS, Eval: func(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
			h := hello(e)
			if h == nil {
				return false
			}
			s.SetStr(fingerprintOf(e, h))
			return true
		}}, "ssl_fc_ja4"),
	})
}

func hello(e *expr.Env) *session.Hello {
	if t := withClient.of(e); t != nil {
		return t.Hello
	}
	return nil
}

func bindFilter(_ *expr.Scope, a *expr.Args) error {
	if n := a.Int(0, 0); n < 0 || n > 1 {
		return errors.New("the filter is 0 for everything, or 1 without GREASE")
	}
	return nil
}

// appendCiphers appends names to b, and numbers for those without.
func appendCiphers(b []byte, list []uint16, filter bool) []byte {
	for _, id := range list {
		if filter && secure.Grease(id) {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		if name := secure.CipherName(id); name != "" {
			b = append(b, name...)
		} else {
			b = fmt.Appendf(b, "UNKNOWN(%04x)", id)
		}
	}
	return b
}

// pack gives numbers as two bytes each.
func pack(e *expr.Env, list []uint16, filter bool) []byte {
	b := e.Scratch(2 * len(list))
	for _, v := range list {
		if !filter || !secure.Grease(v) {
			b = append(b, byte(v>>8), byte(v))
		}
	}
	return b
}

// fingerprintOf makes a client's fingerprint once for all the streams of its
// connection.
func fingerprintOf(e *expr.Env, h *session.Hello) []byte {
	made := h.Fingerprint.Load()
	if made == nil {
		text := string(secure.JA4(nil, h, false))
		made = &text
		h.Fingerprint.Store(made)
	}
	return append(e.Scratch(len(*made)), *made...)
}
