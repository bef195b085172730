package proxy

import (
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/proxyproto"
	"github.com/fairleadproxy/fairlead/core/session"
)

// proxyHeader is the PROXY protocol header that connections to a server begin with.
type proxyHeader struct {
	version int // 1 or 2; 0 for none
	tells   told
	formats []tlvFormat
	checks  bool // check-send-proxy
}

// tlvFormat is a TLV whose value is made for each connection.
type tlvFormat struct {
	typ   byte
	value *expr.Format
}

// told is what a header of version 2 tells besides addresses and ALPN
// (proxy-v2-options).
type told uint8

const (
	tellSSL told = 1 << iota
	tellCN
	tellCipher
	tellSignature
	tellKey
	tellAuthority
	tellChecksum
	tellUniqueID

	tellAnySSL = tellSSL | tellCN | tellCipher | tellSignature | tellKey
)

func (t told) has(what told) bool { return t&what != 0 }

func (p *proxyHeader) used() bool { return p.version != 0 }

// proxyOut makes the header that connections to a server begin with.
func (b *builder) proxyOut(sc *config.Server, scope *expr.Scope) (p proxyHeader) {
	p.checks = sc.CheckSendProxy
	switch {
	case sc.SendProxyV2, sc.SendProxyV2SSL, sc.SendProxyV2SSLCN:
		p.version = 2
	case sc.SendProxy:
		p.version = 1
	}
	if sc.SendProxyV2SSL {
		p.tells |= tellSSL
	}
	if sc.SendProxyV2SSLCN {
		p.tells |= tellSSL | tellCN
	}
	options := map[string]told{
		config.ProxySSL: tellSSL, config.ProxyCertCN: tellCN, config.ProxySSLCipher: tellCipher, config.ProxyCertSig: tellSignature,
		config.ProxyCertKey: tellKey, config.ProxyAuthority: tellAuthority, config.ProxyCRC32C: tellChecksum, config.ProxyUniqueID: tellUniqueID,
	}
	for _, o := range sc.ProxyV2Options {
		p.tells |= options[o]
	}
	for _, e := range sc.SetProxyV2TLVFmt.Entries {
		typ, err := proxyproto.ParseType(e.Key)
		switch {
		case err != nil:
			b.errs.At(e.Pos, e.Path, "%v", err)
		case typ == proxyproto.TypeCRC32C:
			b.errs.At(e.Pos, e.Path, "the checksum is made of the header itself").Hint = `write proxy-v2-options = ["crc32c"]`
		default:
			if f := b.format(e.Value, scope.In(expr.UseServer)); f != nil {
				p.formats = append(p.formats, tlvFormat{typ, f})
			}
		}
	}
	if p.version != 2 && (p.tells != 0 || len(p.formats) > 0) {
		b.warn(sc.Address, "proxy-v2-options and set-proxy-v2-tlv-fmt have no effect: write send-proxy-v2 = true too")
	}
	return p
}

// append appends the header that tells a server of the stream's client. Clients without
// addresses, as those of UNIX sockets, have it say that the connection is our own, as
// HAProxy's does: it refuses headers of an unknown family.
func (p *proxyHeader) append(b []byte, s *stream) ([]byte, error) {
	facts := &s.c.facts
	switch p.version {
	case 0:
		return b, nil
	case 1:
		return proxyproto.AppendV1(b, facts.Src, facts.Dst), nil
	}
	h := proxyproto.NewHeader(facts.Src, facts.Dst)
	h.Local = h.Transport == proxyproto.Unknown
	h.TLVs = p.appendTLVs(s.env.Scratch(256), s)
	return proxyproto.AppendV2(b, h)
}

// appendTLVs appends what is told besides addresses, in HAProxy's order.
func (p *proxyHeader) appendTLVs(b []byte, s *stream) []byte {
	t := s.c.facts.TLS
	if p.tells.has(tellChecksum) {
		b = proxyproto.AppendChecksum(b)
	}
	if t != nil {
		b = appendTLV(b, proxyproto.TypeALPN, t.ALPN)
	}
	if t != nil && p.tells.has(tellAuthority) {
		b = appendTLV(b, proxyproto.TypeAuthority, t.SNI)
	}
	if id := s.facts.UniqueID; p.tells.has(tellUniqueID) {
		b = appendTLV(b, proxyproto.TypeUniqueID, id[:min(len(id), proxyproto.MaxUniqueID)])
	}
	if p.tells.has(tellAnySSL) {
		inner := p.appendAboutSSL(s.env.Scratch(128), t)
		if len(b)+len(inner) <= maxTLVs {
			b, _ = proxyproto.AppendSSL(b, proxyproto.SSL{Client: clientBits(t), Verify: verifyResult(t), TLVs: inner}) // there is room
		}
	}
	s.env.Phase = expr.UseServer
	for _, f := range p.formats {
		b = appendTLV(b, f.typ, f.value.Append(s.env.Scratch(128), &s.env))
	}
	return b
}

// appendAboutSSL appends what stands inside the TLV about TLS with the client.
func (p *proxyHeader) appendAboutSSL(b []byte, t *session.TLS) []byte {
	if t == nil {
		return b
	}
	b = appendTLV(b, proxyproto.SubtypeSSLVersion, t.Version)
	if t.Certs != nil && p.tells.has(tellCN) {
		b = appendTLV(b, proxyproto.SubtypeSSLCN, t.Certs.CommonName())
	}
	if t.Certs != nil && p.tells.has(tellKey|tellSignature) {
		key, signature := t.Certs.OwnAlgorithms()
		if p.tells.has(tellKey) {
			b = appendTLV(b, proxyproto.SubtypeSSLKeyAlg, key)
		}
		if p.tells.has(tellSignature) {
			b = appendTLV(b, proxyproto.SubtypeSSLSigAlg, signature)
		}
	}
	if p.tells.has(tellCipher) {
		b = appendTLV(b, proxyproto.SubtypeSSLCipher, t.Cipher)
	}
	return b
}

// maxTLVs is how many bytes of TLVs a header has room for beside addresses and the
// head of one.
const maxTLVs = 65535 - 64

// appendTLV appends a TLV, but for one without a value or one that there is no room for.
func appendTLV[V []byte | string](b []byte, typ byte, value V) []byte {
	if len(value) == 0 || len(b)+len(value) > maxTLVs {
		return b
	}
	b, _ = proxyproto.AppendTLV(b, typ, value) // what is too long is left out too
	return b
}

// clientBits say what TLS with the client there is. A certificate of a session that
// was resumed was not shown on this connection.
func clientBits(t *session.TLS) (bits byte) {
	if t == nil {
		return 0
	}
	bits = proxyproto.ClientSSL
	if t.Certs != nil && t.Certs.Shown() {
		bits |= proxyproto.ClientCertSess
		if !t.Resumed {
			bits |= proxyproto.ClientCertConn
		}
	}
	return bits
}

func verifyResult(t *session.TLS) uint32 {
	if t == nil {
		return 0
	}
	return uint32(t.Verify)
}
