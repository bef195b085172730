package expressions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// lines gives the lines of a file of testdata without its comments.
func lines(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.Lines(string(b)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}

func TestExpressionsGiveWhatHAProxyGives(t *testing.T) {
	haproxy := binary(t)
	sc, e := environment(t)
	formats := lines(t, "expressions.txt")
	for i, text := range formats {
		formats[i] = "%[" + text + "]"
	}
	want := results(t, haproxy, variables, formats)
	for i, f := range formats {
		if got := format(sc, e, f); got != want[i] {
			t.Errorf("%s gives %q, with HAProxy %q", f, got, want[i])
		}
	}
}

func TestExpressionsThatHAProxyRefuses(t *testing.T) {
	haproxy := binary(t)
	sc, _ := environment(t)
	file := filepath.Join(t.TempDir(), "body")
	for _, text := range lines(t, "refused.txt") {
		write(t, file, "%["+text+"]")
		if accepts(t, haproxy, "http-request return status 200 content-type text/plain lf-file "+file) {
			t.Errorf("HAProxy accepts %s", text)
		}
		if _, err := expr.ParseExpr(sc, text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}
