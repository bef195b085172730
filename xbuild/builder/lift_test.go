package builder

import "testing"

// What may break is what the number of a version does not rule out; the Go
// project's own modules are believed.
func TestMayBreak(t *testing.T) {
	for _, c := range []struct {
		path, from, to string
		want           bool
	}{
		{"example.com/a", "v1.6.0", "v1.6.1", false},
		{"example.com/a", "v1.6.0", "v1.98.0", false},
		{"example.com/a/v3", "v3.1.0", "v3.2.0", false},
		{"example.com/a", "v0.65.0", "v0.65.1", false},
		{"example.com/a", "v0.65.0", "v0.66.0", true},
		{"example.com/a", "v0.65.0", "v1.0.0", true},
		{"example.com/a", "v2.0.0+incompatible", "v3.0.0+incompatible", true},
		{"example.com/a", "v0.0.0-20260101000000-aaaaaaaaaaaa", "v0.0.0-20260201000000-bbbbbbbbbbbb", true},
		{"golang.org/x/sys", "v0.49.0", "v0.50.0", false},
		{"golang.org/x/exp", "v0.0.0-20260101000000-aaaaaaaaaaaa", "v0.0.0-20260201000000-bbbbbbbbbbbb", true},
	} {
		if why := MayBreak(c.path, c.from, c.to); (why != "") != c.want {
			t.Errorf("%s from %s to %s: %q, want that it may break: %v", c.path, c.from, c.to, why, c.want)
		}
	}
}
