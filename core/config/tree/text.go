package tree

// Text is a string that knows where it stands, for those that a later stage
// parses: addresses, conditions, expressions, log formats and names of sections.
type Text struct {
	// Value is the string, with escapes and variables replaced.
	Value string
	// Pos is where the string stands; Pos.Offset points into it.
	Pos Pos
	// Path names the key.
	Path string
}

// IsZero reports whether the text is absent or empty.
func (t Text) IsZero() bool { return t.Value == "" }

// String gives the value.
func (t Text) String() string { return t.Value }

// MarshalText gives the value.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.Value), nil }

// Fail adds an error about byte off of the text.
func (t Text) Fail(errs *Errors, off int, format string, args ...any) *Error {
	return errs.At(t.Pos.Offset(off), t.Path, format, args...)
}

func (t *Text) decode(d *decoder, n *Node, f *field) {
	if n.Kind != String {
		d.mismatch(n, "a string")
		return
	}
	if d.allowed(n, f) {
		*t = Text{Value: n.Str(), Pos: n.Pos, Path: n.Path}
	}
}
