package expr

import "net/netip"

// Type is the type of a sample, HAProxy manual section 7.1.
type Type uint8

// The types of samples.
const (
	Any    Type = iota // as an argument or input: no matter which; never the type of a value
	Bool               // Int is 0 or 1
	Int                // Int, 64 bits signed
	IP                 // Addr, IPv4 or IPv6
	Str                // Bytes, text
	Bin                // Bytes, any
	Method             // Bytes, an HTTP method
)

var typeNames = [...]string{"any", "boolean", "integer", "ip", "string", "binary", "method"}

// String gives the type's name as error texts and the reference use it.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown"
}

// Sample is a typed value. Bytes is a view of a buffer that lives at least as
// long as the current evaluation: copy what is kept.
type Sample struct {
	Type  Type
	Int   int64
	Bytes []byte
	Addr  netip.Addr

	// Next is the cursor of a fetch with several values: 0 at the first call,
	// and the fetch's own from then on.
	Next int
}

// SetBool makes s a boolean.
func (s *Sample) SetBool(b bool) {
	s.Type, s.Int = Bool, 0
	if b {
		s.Int = 1
	}
}

// SetInt makes s an integer.
func (s *Sample) SetInt(i int64) { s.Type, s.Int = Int, i }

// SetStr makes s a string, a view of b.
func (s *Sample) SetStr(b []byte) { s.Type, s.Bytes = Str, b }

// SetBin makes s binary, a view of b.
func (s *Sample) SetBin(b []byte) { s.Type, s.Bytes = Bin, b }

// SetIP makes s an address.
func (s *Sample) SetIP(a netip.Addr) { s.Type, s.Addr = IP, a.Unmap() }
