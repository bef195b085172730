package hash

import (
	"encoding/binary"
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/hashing"
)

func init() {
	module.Register(balancer.Kind, "source", module.Spec[SourceConfig, balancer.Balancer]{
		Doc: "Picks by a hash of the client's address, so that a client stays with its server",
		New: NewSource,
	})
}

// SourceConfig is the configuration of "source".
type SourceConfig struct{ hashing.Config }

// NewSource makes the balancer.
func NewSource(_ *module.Context, c SourceConfig) (balancer.Balancer, error) {
	return hashing.New(c.Config, sourceKey, words), nil
}

// sourceKey is the client's address in network byte order.
func sourceKey(room []byte, r *balancer.Request) ([]byte, bool) {
	if !r.Src.IsValid() {
		return nil, false
	}
	return appendAddr(room, r.Src), true
}

func appendAddr(dst []byte, a netip.Addr) []byte {
	a = a.Unmap()
	if a.Is4() {
		b := a.As4()
		return append(dst, b[:]...)
	}
	b := a.As16()
	return append(dst, b[:]...)
}

// words is the hash of addresses when no function is named: their 32-bit words
// combined.
func words(key []byte) (h uint32) {
	for ; len(key) >= 4; key = key[4:] {
		h ^= binary.BigEndian.Uint32(key)
	}
	return h
}
