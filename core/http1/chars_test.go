package http1

import "testing"

func TestClasses(t *testing.T) {
	if want := classes(); class != want {
		t.Errorf("the table is\n%v\nbut the rules make\n%v", class, want)
	}
}

// classes makes the table by the rules.
func classes() (t [256]uint8) {
	for c := range 256 {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
			t[c] |= token | hostChar
		}
		if c >= 0x20 && c != 0x7f || c == '\t' {
			t[c] |= value
		}
		if c > 0x20 && c < 0x7f && c != '#' {
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
		if t[c]&token != 0 || c == '=' || c == '"' || c == ' ' || c == '\t' || c == ';' || c == '\\' || c == '#' || t[c]&target != 0 {
			t[c] |= extension
		}
	}
	return t
}
