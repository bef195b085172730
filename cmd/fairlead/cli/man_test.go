package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Every command has a page that groff has nothing to say about.
func TestManPages(t *testing.T) {
	dir := t.TempDir()
	var stdout, stderr strings.Builder
	if code := Run([]string{"manpages", "-d", dir}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit status %d, %s", code, &stderr)
	}
	for name, want := range map[string]string{
		"fairlead.8":          ".BR fairlead\\-run (8)",
		"fairlead-run.8":      ".B \\-c, \\-\\-config file or directory",
		"fairlead-validate.8": ".SH SYNOPSIS\n.B fairlead validate",
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: error %v, %q is missing in\n%s", name, err, want, text)
		}
	}
	pages, err := filepath.Glob(filepath.Join(dir, "*.8"))
	if err != nil || len(pages) < 8 {
		t.Errorf("pages %v, error %v", pages, err)
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		return // it only looks closer
	}
	for _, page := range pages {
		if out, err := exec.Command(groff, "-man", "-Tutf8", "-ww", "-z", page).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: error %v\n%s", page, err, out)
		}
	}
}

func TestVersionFlag(t *testing.T) {
	for _, arg := range []string{"--version", "-v", "version"} {
		var stdout, stderr strings.Builder
		if code := Run([]string{arg}, &stdout, &stderr); code != 0 || stdout.String() != coreVersion()+"\n" {
			t.Errorf("%s: exit status %d, %q", arg, code, &stdout)
		}
	}
}

func TestRoff(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a-b", `a\-b`}, {".5", `\&.5`}, {"'x", `\&'x`}, {`\d`, `\ed`}, {"one\n\ntwo\n", "one\n.PP\ntwo"},
	} {
		if got := roff(c.text); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}
