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

func TestSplitDefault(t *testing.T) {
	for _, c := range []struct{ text, rest, otherwise string }{
		{"Port is the port. Default: the server's.", "Port is the port.", "the server's"},
		{"Weight is its part. Default 1.", "Weight is its part.", "1"},
		{"Queue is for a slot. Default: connect. Backends.", "Queue is for a slot. Backends.", "connect"},
		{"For tells it. Default false; For true else.", "For tells it.", "false; For true else"},
		{`Header is raw. Default: "raw"; of syslog: "local".`, "Header is raw.", `"raw"; of syslog: "local"`},
		{"Name is the field's. Required.", "Name is the field's.", "required"},
		{"Type is the body's. Required with a string.", "Type is the body's. Required with a string.", ""},
		{"List are servers. See Backend.Servers.", "List are servers.", ""},
		{"No limit is told.", "No limit is told.", ""},
	} {
		rest, otherwise := splitDefault(c.text)
		if strings.TrimSuffix(rest, ".") != strings.TrimSuffix(c.rest, ".") || otherwise != c.otherwise {
			t.Errorf("%q: got %q and %q, want %q and %q", c.text, rest, otherwise, c.rest, c.otherwise)
		}
	}
}

func TestWithoutSubject(t *testing.T) {
	for _, c := range []struct {
		text  string
		names []string
		want  string
	}{
		{"Maxconn is how many.", []string{"Maxconn"}, "How many."},
		{"User and Group are the owners.", []string{"User", "Group"}, "The owners."},
		{"Secure adds it.", []string{"Secure"}, "Adds it."},
		{"If is for it, Unless against it.", []string{"If", "Unless"}, "If is for it, Unless against it."},
	} {
		if got := withoutSubject(c.text, c.names); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
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
