package expressions

import (
	"os"
	"strings"
	"testing"
)

func TestExplore(t *testing.T) {
	b, _ := os.ReadFile("/tmp/e2/all.txt")
	ha := binary(t)
	sc, e := environment(t)
	var ok []string
	for _, x := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if !accepts(t, ha, "http-request return status 200 content-type text/plain lf-string '"+strings.ReplaceAll("%["+x+"]", "'", `'\''`)+"'") {
			if got := format(sc, e, "%["+x+"]"); !strings.HasPrefix(got, "error") {
				t.Logf("REFUSED by haproxy only: %s gives %q", x, got)
			}
			continue
		}
		ok = append(ok, "%["+x+"]")
	}
	want := results(t, ha, variables, ok)
	for i, f := range ok {
		if got := format(sc, e, f); got != want[i] {
			t.Logf("%s: %q, haproxy %q", f, got, want[i])
		}
	}
}
