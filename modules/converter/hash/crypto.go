package hash

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

// algorithms by the names that OpenSSL gives them, in lower case.
var algorithms = map[string]func() hash.Hash{
	"md5": md5.New, "sha1": sha1.New,
	"sha224": sha256.New224, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New,
	"sha512-224": sha512.New512_224, "sha512-256": sha512.New512_256,
	"sha3-224": func() hash.Hash { return sha3.New224() }, "sha3-256": func() hash.Hash { return sha3.New256() },
	"sha3-384": func() hash.Hash { return sha3.New384() }, "sha3-512": func() hash.Hash { return sha3.New512() },
}

func algorithm(name string) (func() hash.Hash, error) {
	fn := algorithms[strings.ToLower(name)]
	if fn != nil {
		return fn, nil
	}
	names := slices.Sorted(maps.Keys(algorithms))
	if near := module.Suggest(strings.ToLower(name), names); near != "" {
		return nil, fmt.Errorf("unknown digest algorithm %q; did you mean %q?", name, near)
	}
	return nil, fmt.Errorf("unknown digest algorithm %q; use md5, sha1, sha224, sha256, sha384, sha512 or sha3-256", name)
}

func cryptographic() []arg.Record {
	return []arg.Record{
		{Name: "sha1", Converter: expr.Converter{
			Doc: "gives the SHA-1 digest, 20 bytes", In: expr.Bin, Out: expr.Bin,
			Bind: func(_ *expr.Scope, a *expr.Args) error { return bindDigest(a, "sha1") }, Eval: digest,
		}},
		{Name: "sha2", Converter: expr.Converter{
			Doc: "gives the SHA-2 digest of 224, 256 (the default), 384 or 512 bits", In: expr.Bin, Out: expr.Bin,
			Args: arg.Optional(arg.Need("bits", expr.ArgInt)), Bind: bindSHA2, Eval: digest,
		}},
		{Name: "digest", Converter: expr.Converter{
			Doc: "gives the digest by the algorithm that is named, such as sha256", In: expr.Bin, Out: expr.Bin,
			Args: []expr.Arg{arg.Need("algorithm", expr.ArgStr)},
			Bind: func(_ *expr.Scope, a *expr.Args) error { return bindDigest(a, a.Str(0)) }, Eval: digest,
		}},
		{Name: "hmac", Converter: expr.Converter{
			Doc: "gives the message authentication code by an algorithm and a key in base64, or a variable that holds one", In: expr.Bin, Out: expr.Bin,
			Args: []expr.Arg{arg.Need("algorithm", expr.ArgStr), arg.Need("key", expr.ArgStrOrVar)},
			Bind: bindHMAC, Eval: authenticate,
		}},
	}
}

// state is a hash in a pool, for an evaluation to borrow.
type state struct{ hash.Hash }

func bindDigest(a *expr.Args, name string) error {
	fn, err := algorithm(name)
	if err != nil {
		return err
	}
	a.Data = &sync.Pool{New: func() any { return &state{fn()} }}
	return nil
}

func bindSHA2(_ *expr.Scope, a *expr.Args) error {
	switch n := a.Int(0, 256); n {
	case 224, 256, 384, 512:
		return bindDigest(a, fmt.Sprintf("sha%d", n))
	default:
		return fmt.Errorf("SHA-2 has no digests of %d bits; use 224, 256, 384 or 512", n)
	}
}

func digest(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	sum(e, a.Data.(*sync.Pool), s)
	return true
}

// sum hashes with a state of the pool.
func sum(e *expr.Env, pool *sync.Pool, s *expr.Sample) {
	h := pool.Get().(*state)
	h.Reset()
	h.Write(s.Bytes) // a hash.Hash never returns an error
	s.SetBin(h.Sum(e.Scratch(h.Size())))
	pool.Put(h)
}

// mac is what hmac makes of its arguments: a pool where the key is constant.
type mac struct {
	fn   func() hash.Hash
	pool *sync.Pool
}

func bindHMAC(_ *expr.Scope, a *expr.Args) error {
	fn, err := algorithm(a.Str(0))
	if err != nil {
		return err
	}
	m := mac{fn: fn}
	if a.V[1].Var == nil {
		key, err := base64.StdEncoding.DecodeString(a.Str(1))
		if err != nil {
			return fmt.Errorf("the key must be base64: %w", err)
		}
		m.pool = &sync.Pool{New: func() any { return &state{hmac.New(fn, key)} }}
	}
	a.Data = m
	return nil
}

// authenticate allocates where the key comes from a variable.
func authenticate(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	m := a.Data.(mac)
	if m.pool != nil {
		sum(e, m.pool, s)
		return true
	}
	text, ok := arg.Var(e, a, 1, expr.Str)
	if !ok {
		return false
	}
	key := e.Scratch(base64.StdEncoding.DecodedLen(len(text)))
	key = key[:cap(key)]
	n, err := base64.StdEncoding.Decode(key, text)
	if err != nil {
		return false
	}
	h := hmac.New(m.fn, key[:n])
	h.Write(s.Bytes)
	s.SetBin(h.Sum(e.Scratch(h.Size())))
	return true
}
