package expr

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strconv"
	"unsafe"
)

// casts says which types can be cast to which (HAProxy manual section 7.1).
// Whether a given value can be is another matter: "abc" is no address.
var casts = [...][]Type{
	Any:    {Bool, Int, IP, Str, Bin, Method},
	Bool:   {Bool, Int, Str, Bin},
	Int:    {Bool, Int, IP, Str, Bin},
	IP:     {IP, Int, Str, Bin},
	Str:    {Bool, Int, IP, Str, Bin, Method},
	Bin:    {Int, Str, Bin},
	Method: {Str, Bin, Method},
}

func castable(from, to Type) bool {
	if to == Any {
		return true
	}
	for _, t := range casts[from] {
		if t == to {
			return true
		}
	}
	return false
}

// Cast changes s to the type and reports whether the value could be changed.
// What it makes lives in e's scratch space.
func Cast(e *Env, s *Sample, to Type) bool {
	if s.Type == to || to == Any {
		return true
	}
	switch to {
	case Bool:
		if s.Type == Str && !toInt(s) {
			return false
		}
		s.SetBool(s.Int != 0)
	case Int:
		return toInt(s)
	case IP:
		return toIP(s)
	case Str, Bin:
		return toBytes(e, s, to)
	case Method:
		s.Type = Method
	}
	return true
}

func toInt(s *Sample) bool {
	switch s.Type {
	case Bool:
	case IP:
		if !s.Addr.Is4() {
			return false
		}
		b := s.Addr.As4()
		s.Int = int64(binary.BigEndian.Uint32(b[:]))
	case Str:
		if len(s.Bytes) == 0 {
			return false
		}
		s.Int = leadingInt(s.Bytes)
	case Bin:
		n := int64(0)
		for _, c := range s.Bytes[:min(8, len(s.Bytes))] {
			n = n<<8 | int64(c)
		}
		s.Int = n
	default:
		return false
	}
	s.Type = Int
	return true
}

// leadingInt reads the integer that b begins with, 0 when it begins with none,
// as HAProxy does. What is too large becomes the largest that there is.
func leadingInt(b []byte) int64 {
	neg := b[0] == '-'
	if neg || b[0] == '+' {
		b = b[1:]
	}
	n := uint64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			break
		}
		if n = n*10 + uint64(c-'0'); n > math.MaxInt64 {
			n = math.MaxInt64
			if neg {
				n++
			}
			break
		}
	}
	if neg {
		return int64(-n)
	}
	return int64(n)
}

// AtoI reads a decimal integer with an optional sign.
func AtoI(b []byte) (int64, bool) {
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	n := uint64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	if n > 1<<63-1 {
		return 0, false
	}
	if neg {
		return -int64(n), true
	}
	return int64(n), true
}

func toIP(s *Sample) bool {
	switch s.Type {
	case Int:
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(s.Int))
		s.SetIP(netip.AddrFrom4(b))
	case Str:
		a, err := netip.ParseAddr(String(s.Bytes))
		if err != nil {
			return false
		}
		s.SetIP(a)
	default:
		return false
	}
	return true
}

func toBytes(e *Env, s *Sample, to Type) bool {
	switch s.Type {
	case Bool, Int:
		if to == Bin {
			s.Bytes = binary.BigEndian.AppendUint64(e.Scratch(8), uint64(s.Int))
		} else {
			s.Bytes = strconv.AppendInt(e.Scratch(20), s.Int, 10)
		}
	case IP:
		if to == Str {
			s.Bytes = s.Addr.AppendTo(e.Scratch(48))
		} else if s.Addr.Is4() {
			b := s.Addr.As4()
			s.Bytes = append(e.Scratch(4), b[:]...)
		} else {
			b := s.Addr.As16()
			s.Bytes = append(e.Scratch(16), b[:]...)
		}
	}
	s.Type = to
	return true
}

// String views bytes as a string without copying; it is good as long as the
// bytes do not change.
func String(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
