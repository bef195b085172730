package lab

import (
	"path/filepath"
	"strings"
	"testing"
)

// Refused gives what "fairlead validate" has against a configuration, a line for each
// error: ":LINE:COLUMN: PATH: what is wrong; what to write".
func Refused(t testing.TB, config string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lb.toml")
	Write(t, file, config)
	_, stderr, code := Run(t, Binary(t), "validate", "--config", file)
	if code != 2 {
		t.Errorf("validate ended with exit status %d, want 2\n%s", code, stderr)
	}
	var lines []string
	for line := range strings.Lines(stderr) {
		if where, ok := strings.CutPrefix(line, "error: "+file); ok {
			lines = append(lines, strings.TrimSuffix(where, "\n"))
		}
	}
	return strings.Join(lines, "\n")
}
