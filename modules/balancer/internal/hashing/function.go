package hashing

import "hash/crc32"

// A Function makes a number of a key.
type Function func(key []byte) uint32

// functions are those that hash-type names (HAProxy manual section 4.2).
var functions = map[string]Function{"sdbm": sdbm, "djb2": djb2, "wt6": wt6, "crc32": crc32.ChecksumIEEE, "none": none}

func sdbm(key []byte) (h uint32) {
	for _, c := range key {
		h = uint32(c) + h<<6 + h<<16 - h
	}
	return h
}

func djb2(key []byte) uint32 {
	h := uint32(5381)
	for _, c := range key {
		h = h<<5 + h + uint32(c)
	}
	return h
}

// wt6 is Wang's and Thomas's hash of single bytes.
func wt6(key []byte) uint32 {
	h := uint32(0xa55a5aa5)
	x := uint32(0)
	for _, c := range key {
		x += uint32(c)
		h += x
		h += h << 10
		h ^= h >> 6
	}
	h += h << 3
	h ^= h >> 11
	return h + h<<15
}

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

// avalanche mixes all bits into one another (Thomas Wang's integer hash), so
// that near keys are far apart.
func avalanche(a uint32) uint32 {
	a = (a + 0x7ed55d16) + (a << 12)
	a = (a ^ 0xc761c23c) ^ (a >> 19)
	a = (a + 0x165667b1) + (a << 5)
	a = (a + 0xd3a2646c) ^ (a << 9)
	a = (a + 0xfd7046c5) + (a << 3)
	return (a ^ 0xb55a4f09) ^ (a >> 16)
}
