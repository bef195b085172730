package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/cmd/fairlead/cli"
)

// TestSnippetsAreValid validates each block of TOML in the documents as a
// configuration of its own, and the example files.
func TestSnippetsAreValid(t *testing.T) {
	root, err := findRoot()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{} // by where they come from
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for line, block := range blocks(string(text)) {
				file := filepath.Join(t.TempDir(), "snippet.toml")
				if err := os.WriteFile(file, []byte(block), 0o600); err != nil {
					t.Fatal(err)
				}
				files[fmt.Sprintf("%s:%d", name, line)] = file
			}
		}
	}
	examples, err := filepath.Glob(filepath.Join(root, "docs", "examples", "*.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range examples {
		files[name] = name
	}
	if len(files) < 5 {
		t.Fatalf("only %d snippets were found", len(files))
	}
	for from, file := range files {
		var out, errs bytes.Buffer
		if status := cli.Run([]string{"validate", "--config", file}, &out, &errs); status != 0 {
			t.Errorf("%s:\n%s", from, errs.String())
		}
	}
}

// blocks gives the blocks of TOML in a document by the lines that they begin at.
func blocks(text string) map[int]string {
	found := map[int]string{}
	begin := 0
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "```toml":
			begin = i + 2
		case line == "```":
			begin = 0
		case begin > 0:
			found[begin] += line + "\n"
		}
	}
	return found
}
