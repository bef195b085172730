package hash

import (
	"encoding/binary"
	"math/bits"
)

// The primes of the XXH32 and XXH64 specification, version 0.1.1.
const (
	p32a uint32 = 0x9E3779B1
	p32b uint32 = 0x85EBCA77
	p32c uint32 = 0xC2B2AE3D
	p32d uint32 = 0x27D4EB2F
	p32e uint32 = 0x165667B1

	p64a uint64 = 0x9E3779B185EBCA87
	p64b uint64 = 0xC2B2AE3D27D4EB4F
	p64c uint64 = 0x165667B19E3779F9
	p64d uint64 = 0x85EBCA77C2B2AE63
	p64e uint64 = 0x27D4EB2F165667C5
)

// XXH32 hashes bytes with the 32-bit variant of XXHash.
func XXH32(b []byte, seed uint32) uint32 {
	total := uint32(len(b))
	var h uint32
	if len(b) >= 16 {
		lanes := [4]uint32{seed + p32a + p32b, seed + p32b, seed, seed - p32a}
		for ; len(b) >= 16; b = b[16:] {
			for i := range lanes {
				lanes[i] = bits.RotateLeft32(lanes[i]+binary.LittleEndian.Uint32(b[4*i:])*p32b, 13) * p32a
			}
		}
		for i, turn := range [4]int{1, 7, 12, 18} {
			h += bits.RotateLeft32(lanes[i], turn)
		}
	} else {
		h = seed + p32e
	}
	h += total
	for ; len(b) >= 4; b = b[4:] {
		h = bits.RotateLeft32(h+binary.LittleEndian.Uint32(b)*p32c, 17) * p32d
	}
	for _, c := range b {
		h = bits.RotateLeft32(h+uint32(c)*p32e, 11) * p32a
	}
	h = (h ^ h>>15) * p32b
	h = (h ^ h>>13) * p32c
	return h ^ h>>16
}

// XXH64 hashes bytes with the 64-bit variant of XXHash.
func XXH64(b []byte, seed uint64) uint64 {
	total := uint64(len(b))
	var h uint64
	if len(b) >= 32 {
		lanes := [4]uint64{seed + p64a + p64b, seed + p64b, seed, seed - p64a}
		for ; len(b) >= 32; b = b[32:] {
			for i := range lanes {
				lanes[i] = round64(lanes[i], binary.LittleEndian.Uint64(b[8*i:]))
			}
		}
		for i, turn := range [4]int{1, 7, 12, 18} {
			h += bits.RotateLeft64(lanes[i], turn)
		}
		for _, lane := range lanes {
			h = (h^round64(0, lane))*p64a + p64d
		}
	} else {
		h = seed + p64e
	}
	h += total
	for ; len(b) >= 8; b = b[8:] {
		h = bits.RotateLeft64(h^round64(0, binary.LittleEndian.Uint64(b)), 27)*p64a + p64d
	}
	if len(b) >= 4 {
		h = bits.RotateLeft64(h^uint64(binary.LittleEndian.Uint32(b))*p64a, 23)*p64b + p64c
		b = b[4:]
	}
	for _, c := range b {
		h = bits.RotateLeft64(h^uint64(c)*p64e, 11) * p64a
	}
	h = (h ^ h>>33) * p64b
	h = (h ^ h>>29) * p64c
	return h ^ h>>32
}

func round64(lane, input uint64) uint64 {
	return bits.RotateLeft64(lane+input*p64b, 31) * p64a
}
