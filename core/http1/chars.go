package http1

// Character classes of RFC 9110 section 5.6 and RFC 3986.
const (
	token     = 1 << iota // tchar
	value                 // may stand in a field value: visible, obs-text, SP, HTAB
	target                // may stand in a request target
	hostChar              // may stand in a host
	extension             // may stand in a chunk extension
)

// class is written out, sixteen to a line, so that a build without HTTP has nothing
// of it; a test has the rules that it is made by.
var class = [256]uint8{
	0, 0, 0, 0, 0, 0, 0, 0, 0, 18, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	18, 31, 22, 19, 31, 31, 31, 31, 30, 30, 31, 31, 30, 31, 31, 22,
	31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 22, 30, 22, 30, 22, 22,
	22, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
	31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 22, 22, 22, 23, 31,
	23, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
	31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 22, 23, 22, 31, 0,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
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

// IsTarget reports whether b may be a request target. A "#" may not be in it: what
// rules that look at the end of the path see would not be what servers do.
func IsTarget[T text](b T) bool { return len(b) > 0 && all(b, target) }
