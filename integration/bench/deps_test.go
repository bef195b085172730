package bench

import (
	"os/exec"
	"strings"
	"testing"
)

// The core stays light: nothing of it needs a module, a plugin or a heavy library.
func TestCoreDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/fairleadproxy/fairlead/core/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.Lines(string(out)) {
		pkg = strings.TrimSpace(pkg)
		for _, banned := range []string{
			"github.com/fairleadproxy/fairlead/modules", "github.com/fairleadproxy/fairlead/plugins", "github.com/fairleadproxy/fairlead/cmd",
			"github.com/quic-go", "github.com/caddyserver/certmagic", "github.com/prometheus", "google.golang.org/grpc", "net/http",
		} {
			if pkg == banned || strings.HasPrefix(pkg, banned+"/") {
				t.Errorf("core depends on %s", pkg)
			}
		}
	}
}

// What any build has of core is without TLS: modules bring it in.
func TestNoTLSInCore(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "github.com/fairleadproxy/fairlead/core/proxy", "github.com/fairleadproxy/fairlead/cmd/fairlead/cli",
		"github.com/fairleadproxy/fairlead/modules/standard/http").Output()
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		switch pkg {
		case "crypto/tls", "crypto/x509", "github.com/fairleadproxy/fairlead/core/secure":
			t.Errorf("core, the command line or the modules for HTTP depend on %s", pkg)
		}
	}
}
