package hashing

import (
	"hash/crc32"

	"github.com/fairleadproxy/fairlead/core/hash"
)

// A Function makes a number of a key.
type Function func(key []byte) uint32

// functions are those that hash-type names (HAProxy manual section 4.2).
var functions = map[string]Function{"sdbm": hash.SDBM, "djb2": hash.DJB2, "wt6": hash.WT6, "crc32": crc32.ChecksumIEEE, "none": none}

// none takes the key for a number in decimal; what is none counts as 0.
func none(key []byte) (h uint32) {
	for _, c := range key {
		if c < '0' || c > '9' {
			return h
		}
		h = h*10 + uint32(c-'0')
	}
	return h
}
