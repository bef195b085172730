// Package hash registers the hashing converters of HAProxy's manual, section
// 7.3.1: the quick ones that balancing uses too (crc32, crc32c, djb2, sdbm, wt6,
// xxh32, xxh64), and the cryptographic ones (sha1, sha2, digest, hmac).
//
// The quick hashes give the same numbers as HAProxy's and are not fit for
// security. All converters may be used by many goroutines at once. The
// algorithms of digest and hmac are those of Go's standard library: md5, sha1,
// the SHA-2 and the SHA-3 families; OpenSSL's others are not there.
package hash

import (
	"hash/crc32"

	"github.com/fairleadproxy/fairlead/core/expr"
	hashes "github.com/fairleadproxy/fairlead/core/hash"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

func init() {
	for _, r := range append(quick(), cryptographic()...) {
		module.RegisterRecord(expr.ConverterKind, r.Name, r.Doc, r.Converter)
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func quick() []arg.Record {
	return []arg.Record{
		avalanching("crc32", "hashes with CRC32 as Ethernet and gzip use it", crc32.ChecksumIEEE),
		avalanching("crc32c", "hashes with CRC32C (RFC 4960 appendix B)", func(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }),
		avalanching("djb2", "hashes with DJB2", hashes.DJB2),
		avalanching("sdbm", "hashes with SDBM", hashes.SDBM),
		avalanching("wt6", "hashes with WT6", hashes.WT6),
		seeded("xxh32", "hashes with XXH32, with an optional seed", func(b []byte, seed int64) int64 { return int64(hashes.XXH32(b, uint32(seed))) }),
		seeded("xxh64", "hashes with XXH64, with an optional seed; the result is signed", func(b []byte, seed int64) int64 { return int64(hashes.XXH64(b, uint64(seed))) }),
	}
}

// avalanching is a 32-bit hash whose optional argument, when it is not 0, asks
// for the full avalanche.
func avalanching(name, doc string, sum func([]byte) uint32) arg.Record {
	return arg.Record{Name: name, Converter: expr.Converter{
		Doc: doc, In: expr.Bin, Out: expr.Int, Args: arg.Optional(arg.Need("avalanche", expr.ArgInt)),
		Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
			h := sum(s.Bytes)
			if a.Int(0, 0) != 0 {
				h = hashes.Avalanche(h)
			}
			s.SetInt(int64(h))
			return true
		},
	}}
}

func seeded(name, doc string, sum func(b []byte, seed int64) int64) arg.Record {
	return arg.Record{Name: name, Converter: expr.Converter{
		Doc: doc, In: expr.Bin, Out: expr.Int, Args: arg.Optional(arg.Need("seed", expr.ArgInt)),
		Eval: func(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
			s.SetInt(sum(s.Bytes, a.Int(0, 0)))
			return true
		},
	}}
}
