package http2

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// h2spec builds the suite, of which the module proxy has one version.
func h2spec(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "fairlead-tests")
	program := filepath.Join(dir, "h2spec")
	if _, err := os.Stat(program); err == nil {
		return program
	}
	cmd := exec.Command("go", "install", "github.com/summerwind/h2spec/cmd/h2spec@latest")
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		lab.Missing(t, "h2spec cannot be built: "+string(out))
	}
	return program
}

// TestConformance runs all of h2spec, strictly.
func TestConformance(t *testing.T) {
	program := h2spec(t)
	// An answer before the whole request has come is right, but not what the
	// suite waits for.
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err == nil {
			io.WriteString(w, "hello")
		}
	}))
	t.Cleanup(s.Close)
	prior := lab.Port(t)
	_, _, secure := proxy(t, `"`+s.Listener.Addr().String()+`"`, `
[frontend.prior]
bind = { address = "127.0.0.1:`+prior+`", proto = "h2" }
default-backend = "app"`)
	for _, c := range []struct {
		name string
		args []string
	}{
		{"h2c", []string{"-p", prior}},
		{"TLS", []string{"-p", secure, "-t", "-k"}},
	} {
		out, errs, code := lab.Run(t, program, append([]string{"-h", "127.0.0.1", "-o", "5", "-P", "/", "--strict"}, c.args...)...)
		if code != 0 || !strings.Contains(out, "146 tests, 146 passed") {
			_, failures, _ := strings.Cut(out, "Failures:")
			t.Errorf("%s: exit status %d\n%s%s\n%s", c.name, code, failures, errs, regexp.MustCompile(`\d+ tests.*`).FindString(out))
		}
	}
}
