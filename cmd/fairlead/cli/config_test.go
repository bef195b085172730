package cli

import (
	"strings"
	"testing"
)

// A configuration in the binary is taken when none is named, and its errors
// tell its name.
func TestEmbedded(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"[global]\nmaxconn = 10\n", "the configuration has no frontend"},
		{"[global]\nmaxcon = 10\n", "lb.toml:2:1: global.maxcon: "},
		{"[global", "lb.toml:1:"},
	} {
		var stdout, stderr strings.Builder
		code := Run([]string{"validate"}, &stdout, &stderr, Embedded("lb.toml", c.text))
		if out := stdout.String() + stderr.String(); code != exitUsage || !strings.Contains(out, c.want) {
			t.Errorf("%q: exit status %d, output %s", c.text, code, out)
		}
	}
	var stdout, stderr strings.Builder
	if code := Run([]string{"validate", "--config", "none.toml"}, &stdout, &stderr, Embedded("lb.toml", "")); code != exitUsage || !strings.Contains(stderr.String(), "none.toml") {
		t.Errorf("a file that is named: exit status %d, %s", code, &stderr)
	}
}
