package workbench

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The kit is called for every kind that core declares, but for those that plugins
// do not write (see CONTRIBUTING.md).
func TestKinds(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "core", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^(?:var)?\s+(\w+)\s*= module\.NewKind\[\w+\]\("(\w+)"\)`)
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range declared.FindAllStringSubmatch(string(text), -1) {
			if m[2] == "layer" || m[2] == "mode" {
				continue
			}
			found++
			want := [2]string{"core/" + filepath.Base(filepath.Dir(file)), m[1]}
			if kinds[m[2]] != want {
				t.Errorf("kind %s: %v, want %v", m[2], kinds[m[2]], want)
			}
		}
	}
	if found != len(kinds) {
		t.Errorf("%d kinds are declared in core, and %d are known here", found, len(kinds))
	}
}
