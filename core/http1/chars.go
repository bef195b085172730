package http1

// Character classes of RFC 9110 section 5.6 and RFC 3986.
const (
	token     = 1 << iota // tchar
	value                 // may stand in a field value: visible, obs-text, SP, HTAB
	target                // may stand in a request target
	hostChar              // may stand in a host
	extension             // may stand in a chunk extension
)

// class is written once, below, and read-only from then on.
var class = classes()

func classes() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			t[c] |= token | hostChar
		}
		if c >= 0x20 && c != 0x7f || c == '\t' {
			t[c] |= value
		}
		if c > 0x20 && c < 0x7f {
			t[c] |= target
		}
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] |= token
	}
	for _, c := range "-._~!$&'()*+,;=%" {
		t[c] |= hostChar
	}
	for c := range 256 {
		if t[c]&token != 0 || c == '=' || c == '"' || c == ' ' || c == '\t' || c == ';' || c == '\\' || t[c]&target != 0 {
			t[c] |= extension
		}
	}
	return t
}

// text is what may be looked at.
type text interface{ ~[]byte | ~string }

func all[T text](b T, want uint8) bool {
	for i := 0; i < len(b); i++ {
		if class[b[i]]&want == 0 {
			return false
		}
	}
	return true
}

// IsToken reports whether b is a token, such as a method or a field's name (RFC
// 9110 section 5.6.2).
func IsToken[T text](b T) bool { return len(b) > 0 && all(b, token) }

// IsValue reports whether b may be a field's value.
func IsValue[T text](b T) bool { return all(b, value) }

// IsTarget reports whether b may be a request target.
func IsTarget[T text](b T) bool { return len(b) > 0 && all(b, target) }
