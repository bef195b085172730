package secure

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/session"
)

// SetHello puts what a client offers into a fresh Hello.
func SetHello(out *session.Hello, h *tls.ClientHelloInfo) {
	out.Versions, out.Ciphers, out.Extensions = h.SupportedVersions, h.CipherSuites, h.Extensions
	out.Curves, out.SigAlgs = numbers(h.SupportedCurves), numbers(h.SignatureSchemes)
	out.Points, out.Protocols, out.SNI = h.SupportedPoints, h.SupportedProtos, h.ServerName != ""
}

func numbers[T ~uint16](list []T) []uint16 {
	out := make([]uint16, len(list))
	for i, v := range list {
		out[i] = uint16(v)
	}
	return out
}

// Grease reports whether a value stands for nothing (RFC 8701).
func Grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// JA4 appends the fingerprint of a client to b, by the public specification of
// JA4: what it offers, counted, and hashes of its ciphers and extensions in an
// order that does not depend on the client's.
func JA4(b []byte, h *session.Hello, quic bool) []byte {
	ciphers, extensions := sorted(h.Ciphers), sorted(h.Extensions)
	b = append(b, "tq"[bit(quic)])
	b = append(b, ja4Version(h.Versions)...)
	b = append(b, "id"[bit(h.SNI)])
	b = appendCount(b, len(ciphers))
	b = appendCount(b, len(extensions))
	b = append(b, ja4Protocol(h.Protocols)...)
	b = append(b, '_')
	b = ja4Hash(b, appendList(nil, ciphers))
	b = append(b, '_')
	const serverName, alpn = 0, 16
	text := appendList(nil, slices.DeleteFunc(extensions, func(v uint16) bool { return v == serverName || v == alpn }))
	if algs := slices.DeleteFunc(slices.Clone(h.SigAlgs), Grease); len(algs) > 0 {
		text = append(text, '_')
		text = appendList(text, algs)
	}
	return ja4Hash(b, text)
}

func bit(on bool) int {
	if on {
		return 1
	}
	return 0
}

// sorted gives the values that stand for something, in ascending order.
func sorted(list []uint16) []uint16 {
	list = slices.DeleteFunc(slices.Clone(list), Grease)
	slices.Sort(list)
	return list
}

func ja4Version(versions []uint16) string {
	var top uint16
	for _, v := range versions {
		if !Grease(v) {
			top = max(top, v)
		}
	}
	switch top {
	case tls.VersionTLS13:
		return "13"
	case tls.VersionTLS12:
		return "12"
	case tls.VersionTLS11:
		return "11"
	case tls.VersionTLS10:
		return "10"
	case 0x0300:
		return "s3"
	}
	return "00"
}

// ja4Protocol gives the first and last character of the first protocol, or of
// its hexadecimal form where one of them is neither a letter nor a digit.
func ja4Protocol(protocols []string) string {
	if len(protocols) == 0 || protocols[0] == "" {
		return "00"
	}
	p := protocols[0]
	if !alphanumeric(p[0]) || !alphanumeric(p[len(p)-1]) {
		p = hex.EncodeToString([]byte(p))
	}
	return p[:1] + p[len(p)-1:]
}

func alphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func appendCount(b []byte, n int) []byte {
	n = min(n, 99)
	return append(b, byte('0'+n/10), byte('0'+n%10))
}

func appendList(b []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = hex.AppendEncode(b, []byte{byte(v >> 8), byte(v)})
	}
	return b
}

// ja4Hash appends the first 12 digits of a hash; zeros for an empty text.
func ja4Hash(b, text []byte) []byte {
	if len(text) == 0 {
		return append(b, strings.Repeat("0", 12)...)
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(b, sum[:6])
}
