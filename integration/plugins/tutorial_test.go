package plugins

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Someone who follows docs/plugins from an empty directory gets what it shows.
func TestTutorials(t *testing.T) {
	lab.Need(t, "bash")
	lab.Need(t, "curl")
	w := newWorkshop(t)
	names, err := filepath.Glob(filepath.Join(w.root, "docs", "plugins", "*.md"))
	if err != nil || len(names) < 10 {
		t.Fatalf("the tutorials are not there: %q, %v", names, err)
	}
	t.Run("index", func(t *testing.T) { w.follow(t, filepath.Join(w.root, "docs", "plugins", "index.md")) })
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), ".md")
		if base == "index" {
			continue
		}
		t.Run(base, func(t *testing.T) {
			t.Parallel() // they wait for what they have started
			w.follow(t, name)
		})
	}
}

// block is a fenced block of a document.
type block struct {
	line  int
	info  string // what stands behind the fence
	lines []string
}

func (b block) text() string { return strings.Join(b.lines, "\n") + "\n" }

func blocks(text string) (out []block) {
	var open *block
	for i, line := range strings.Split(text, "\n") {
		switch {
		case open == nil && strings.HasPrefix(line, "```"):
			open = &block{line: i + 1, info: strings.TrimPrefix(line, "```")}
		case open != nil && line == "```":
			out, open = append(out, *open), nil
		case open != nil:
			open.lines = append(open.lines, line)
		}
	}
	return out
}

var (
	title = regexp.MustCompile(`title="([^"]+)"`)
	// port is one that the tutorials listen at; the test takes free ones for them.
	port = regexp.MustCompile(`\b808[0-3]\b|\b8443\b`)
)

// follow does what a tutorial says, in an empty directory: blocks with a title
// are written to files, those of sh are typed into one shell, and those of text
// are what the one before shows. Ports alone differ, since others may have them.
func (w *workshop) follow(t *testing.T, tutorial string) {
	text, err := os.ReadFile(tutorial)
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t)
	typed := port.ReplaceAllStringFunc(string(text), func(p string) string { return ports[p] })
	dir := t.TempDir()
	var script strings.Builder
	script.WriteString("set -e -o pipefail\n")
	replace := "[ ! -e lb.toml ] || sed -i "
	for from, to := range ports {
		replace += fmt.Sprintf("-e 's/:%s/:%s/' ", from, to)
	}
	replace += "lb.toml\n"
	outputs := 0
	expected := map[int]block{} // by the number of the sh block
	for _, b := range blocks(typed) {
		switch m := title.FindStringSubmatch(b.info); {
		case m != nil:
			fmt.Fprintf(&script, "cat > %s <<'END-OF-FILE'\n%sEND-OF-FILE\n", m[1], b.text())
		case b.info == "sh":
			outputs++
			fmt.Fprintf(&script, "echo 'block at line %d' > %s/at\n{\n%s} > %s/out%d\n", b.line, dir, b.text(), dir, outputs)
			script.WriteString(replace) // in files that xbuild new made
		case b.info == "text" && outputs > 0:
			expected[outputs] = b
		}
	}
	if len(expected) == 0 {
		t.Fatal("the tutorial shows nothing")
	}
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o755); err != nil {
		t.Fatal(err)
	}
	p := w.shell(t, work, script.String())
	if code := p.Wait(t, 6*time.Minute); code != 0 {
		at, _ := os.ReadFile(filepath.Join(dir, "at"))
		out, _ := os.ReadFile(filepath.Join(dir, fmt.Sprintf("out%d", outputs)))
		t.Fatalf("%s, %s: exit status %d\n%s\n%s", filepath.Base(tutorial), strings.TrimSpace(string(at)), code, out, p.Output())
	}
	for n, want := range expected {
		got, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("out%d", n)))
		if err != nil {
			t.Fatal(err)
		}
		if !shows(string(got), want.lines) {
			t.Errorf("%s:%d: it shows\n%s\nwant\n%s", filepath.Base(tutorial), want.line, got, want.text())
		}
	}
}

// shell runs a script in the workshop. What it starts ends with the test.
func (w *workshop) shell(t *testing.T, dir, script string) *lab.Process {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script")
	lab.Write(t, file, script)
	env, err := exec.LookPath("env")
	if err != nil {
		t.Fatal(err)
	}
	var own []string
	for _, v := range w.env {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "GO") || name == "PATH" {
			own = append(own, v)
		}
	}
	return lab.Start(t, dir, env, append(own, "bash", file)...)
}

// shows compares output with what a document shows: "..." in a line stands for
// anything there, and as a line for any lines.
func shows(got string, want []string) bool {
	pattern := "^"
	for _, line := range want {
		if line == "..." {
			pattern += `(?:[^\n]*\n)*`
			continue
		}
		pattern += strings.ReplaceAll(regexp.QuoteMeta(line), `\.\.\.`, `[^\n]*`) + `\n`
	}
	return regexp.MustCompile(pattern + "$").MatchString(got)
}

var inARow sync.Mutex

// freePorts gives ports for those of the tutorials, the first four in a row.
func freePorts(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{"8443": lab.Port(t)}
	inARow.Lock() // from others who want some in a row
	defer inARow.Unlock()
	first, n := 0, 0
	for range 1000 {
		port, err := strconv.Atoi(lab.Port(t))
		if err != nil {
			t.Fatal(err)
		}
		if port != first+n {
			first, n = port, 0
		}
		out[fmt.Sprint(8080+n)] = fmt.Sprint(port)
		if n++; n == 4 {
			return out
		}
	}
	t.Fatal("there are no four free ports in a row")
	return nil
}
