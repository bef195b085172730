package proxyproto

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// typeNames gives the names that HAProxy has for the types of TLVs (manual section
// 7.3.3, "fc_pp_tlv"), and those of the specification that it lacks.
func typeNames() map[string]byte {
	return map[string]byte{
		"ALPN": TypeALPN, "AUTHORITY": TypeAuthority, "CRC32": TypeCRC32C, "CRC32C": TypeCRC32C, "NETNS": TypeNetNS, "NOOP": TypeNoop,
		"SSL": TypeSSL, "SSL_CIPHER": SubtypeSSLCipher, "SSL_CLIENT_CERT": SubtypeSSLClientCert, "SSL_CN": SubtypeSSLCN,
		"SSL_GROUP": SubtypeSSLGroup, "SSL_KEY_ALG": SubtypeSSLKeyAlg, "SSL_SIG_ALG": SubtypeSSLSigAlg,
		"SSL_SIG_SCHEME": SubtypeSSLSigScheme, "SSL_VERSION": SubtypeSSLVersion, "UNIQUE_ID": TypeUniqueID,
	}
}

// ParseType reads the type of a TLV: a number from 0 to 255, also in hexadecimal as
// 0x20, or a name such as "AUTHORITY" and "SSL_CN".
func ParseType(text string) (byte, error) {
	names := typeNames()
	if typ, ok := names[text]; ok {
		return typ, nil
	}
	base, digits := 10, text
	if hex, ok := strings.CutPrefix(text, "0x"); ok {
		base, digits = 16, hex
	}
	n, err := strconv.ParseUint(digits, base, 8)
	if err != nil {
		return 0, fmt.Errorf("%q is no type of a TLV: write a number from 0 to 255, or one of %s",
			text, strings.Join(slices.Sorted(maps.Keys(names)), ", "))
	}
	return byte(n), nil
}

// Every yields the values of the TLVs of type typ in b, in their order, as views of b.
// Those that stand inside a TLV of TypeSSL are looked for there.
func Every(b []byte, typ byte) iter.Seq[[]byte] {
	inner := typ >= SubtypeSSLVersion && typ < TypeNetNS
	return func(yield func([]byte) bool) {
		for t, value := range All(b) {
			if t == typ && !yield(value) {
				return
			}
			if t != TypeSSL || !inner {
				continue
			}
			ssl, err := ParseSSL(value)
			if err != nil {
				continue
			}
			for t, value := range All(ssl.TLVs) {
				if t == typ && !yield(value) {
					return
				}
			}
		}
	}
}

// Nth gives the value of the nth of these from 0.
func Nth(b []byte, typ byte, n int) (value []byte, ok bool) {
	for value := range Every(b, typ) {
		if n == 0 {
			return value, true
		}
		n--
	}
	return nil, false
}
