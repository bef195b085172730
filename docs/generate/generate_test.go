package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReferenceIsUpToDate(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range texts {
		got, err := os.ReadFile(filepath.Join(root, "docs", "reference", name))
		if err != nil {
			t.Errorf("%v: run go run ./docs/generate", err)
			continue
		}
		if line, a, b := difference(string(got), want); line > 0 {
			t.Errorf("docs/reference/%s:%d is out of date: run go run ./docs/generate\n is    %s\n wants %s", name, line, a, b)
		}
	}
}

// difference gives the first line in which two texts differ, 0 for none.
func difference(a, b string) (line int, inA, inB string) {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(as), len(bs)) {
		x, y := "(the end)", "(the end)"
		if i < len(as) {
			x = as[i]
		}
		if i < len(bs) {
			y = bs[i]
		}
		if x != y {
			return i + 1, x, y
		}
	}
	return 0, "", ""
}

// TestEveryKeyHasAType fails when a type of Go shows through where a reader is to
// see what to write.
func TestEveryKeyHasAType(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range texts {
		for i, line := range strings.Split(text, "\n") {
			cells := strings.Split(line, " | ")
			if !strings.HasPrefix(line, "| `") || len(cells) != 4 {
				continue
			}
			for _, word := range []string{"tree.", "config.", "logs.", "func(", "interface", "uint"} {
				if strings.Contains(cells[1], word) {
					t.Errorf("docs/reference/%s:%d: %q is no name for a value", name, i+1, cells[1])
				}
			}
		}
	}
}
