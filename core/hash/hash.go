// Package hash is the fast hash functions of HAProxy's manual (section 4.2
// "hash-type"), which give the same numbers as HAProxy's: balancers by hash and
// converters use them. They are no protection against chosen keys.
package hash

import "math/bits"

// DJB2 hashes bytes with Bernstein's function: h*33 + byte, from 5381.
func DJB2(b []byte) uint32 {
	h := uint32(5381)
	for _, c := range b {
		h = h*33 + uint32(c)
	}
	return h
}

// SDBM hashes bytes with the function of the sdbm library: h*65599 + byte.
func SDBM(b []byte) uint32 {
	h := uint32(0)
	for _, c := range b {
		h = h*65599 + uint32(c)
	}
	return h
}

// WT6 hashes bytes with the function that HAProxy's manual names so (section
// 4.2, hash-type): two words are complemented, mixed and swapped for each byte,
// by rotations that depend on what was hashed before.
func WT6(b []byte) uint32 {
	x, y := uint32(0xa53c965a), uint32(0x5ca6953a)
	left, right := 6, 18
	for _, c := range b {
		x, y = bits.RotateLeft32(^(y+uint32(c)), left), bits.RotateLeft32(^(x^uint32(c)), right)
		mix := (x>>16 ^ y) & 0xffff
		left, right = int(mix&31), int(mix>>11)
	}
	return x ^ y
}

// Avalanche spreads a change of any bit over all bits: Bob Jenkins' full
// avalanche of 32-bit integers in six steps, and then a multiplication by a
// prime near three quarters of the range.
func Avalanche(h uint32) uint32 {
	h = (h + 0x7ed55d16) + h<<12
	h = (h ^ 0xc761c23c) ^ h>>19
	h = (h + 0x165667b1) + h<<5
	h = (h + 0xd3a2646c) ^ h<<9
	h = (h + 0xfd7046c5) + h<<3
	h = (h ^ 0xb55a4f09) ^ h>>16
	return h * 3221225473
}
