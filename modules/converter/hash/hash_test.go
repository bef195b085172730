package hash_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/converter/hash"
	_ "github.com/fairleadproxy/fairlead/modules/converter/variable"
)

const fox = "str(the quick brown fox jumps over the lazy dog and more than 32 bytes)"

// The numbers are those that HAProxy 2.6 gives.
func TestHashes(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"str(abc),djb2", "193485963"}, {"str(abc),djb2(1)", "2235766107"}, {"str(abc),djb2(0)", "193485963"}, {"str(),djb2(1)", "3719394183"},
		{"str(abc),sdbm", "807794786"}, {"str(abc),sdbm(1)", "659243622"}, {"hex(ff80),sdbm", "16727873"}, {"hex(ff80),djb2", "5868452"},
		{"str(abc),wt6", "2483038440"}, {"str(abc),wt6(1)", "266135527"}, {"str(),wt6", "4187620192"}, {"hex(ff80),wt6", "1387895181"}, {fox + ",wt6", "4157364749"}, {fox + ",wt6(1)", "1857720336"},
		{"str(abc),crc32", "891568578"}, {"str(abc),crc32(1)", "930845320"}, {fox + ",crc32(1)", "800385705"}, {"str(abc),crc32c", "910901175"}, {"str(abc),crc32c(1)", "1285784220"},
		{"str(abc),xxh32", "852579327"}, {"str(abc),xxh32(5)", "1562728233"}, {fox + ",xxh32", "1482466305"},
		{"str(abc),xxh64", "4952883123889572249"}, {"str(abc),xxh64(5)", "-1753195980308443340"}, {fox + ",xxh64", "7457917748636274076"}, {fox + ",xxh64(77)", "5943175331877701604"},
		{"int(12345),djb2", "2075349102"}, {"bool(true),djb2", "2075347462"}, {"ip(1.2.3.4),djb2", "2086511823"},
		{"str(abc),sha1,hex", "A9993E364706816ABA3E25717850C26C9CD0D89D"},
		{"str(abc),sha2,hex", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"},
		{"str(abc),sha2(224),hex", "23097D223405D8228642A477BDA255B32AADBCE4BDA0B3F7E36C9DA7"},
		{"str(abc),digest(md5),hex", "900150983CD24FB0D6963F7D28E17F72"},
		{"str(abc),digest(SHA3-256),hex", "3A985DA74FE225B2045C172D6BD390BD855F086E3E9D525B46BFE24511431532"},
		{"str(abc),hmac(sha256,a2V5),hex", "9C196E32DC0175F86F4B1CB89289D6619DE6BEE699E4C378E68309ED97A1A6AB"},
		{"str(abc),hmac(sha256,txn.k),hex", convtest.None},
		{"str(a2V5),set-var(txn.k),hmac(sha256,txn.k),hex", "65FA61EFBCD0F1E1D97F5C98684900D4AD670C7E6D1F000E5972138323151F92"},
		{"str(!),set-var(txn.k),hmac(sha256,txn.k),hex", convtest.None},
	})
}

func TestHashesRefused(t *testing.T) {
	convtest.Refused(t, convtest.Scope(t), []convtest.Case{
		{"str(a),digest(sha257)", `digest: unknown digest algorithm "sha257"; did you mean "sha256"?`},
		{"str(a),digest(whirlpool)", `digest: unknown digest algorithm "whirlpool"; use md5, sha1, sha224, sha256, sha384, sha512 or sha3-256`},
		{"str(a),sha2(100)", "sha2: SHA-2 has no digests of 100 bits; use 224, 256, 384 or 512"},
		{"str(a),hmac(sha256,!!!)", "hmac: the key must be base64: illegal base64 data at input byte 0"},
		{"str(a),crc32(x)", `argument "avalanche" of crc32: "x" is not an integer`},
	})
}

func TestHashesDoNotAllocate(t *testing.T) {
	sc := convtest.Scope(t)
	convtest.NoAllocs(t, sc, "str(abc),djb2(1)", "str(abc),sdbm", "str(abc),wt6", "str(abc),crc32", "str(abc),crc32c(1)", fox+",xxh32", fox+",xxh64")
	convtest.NoAllocs(t, sc, "str(abc),sha1", "str(abc),sha2(512)", "str(abc),digest(md5)", "str(abc),hmac(sha256,a2V5)")
}
