// Package portable runs tests of the other themes against a binary that is built
// as for other systems: with the build tag portable, which takes the files for
// systems other than Linux on Linux too.
package portable

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

const tag = "portable"

func TestDataPath(t *testing.T) {
	for _, theme := range []struct{ dir, tests string }{
		{"tcp", "TestBytesAndHalfClose|TestResets|TestProxyProtocol|TestHealth"},
		{"http", "TestSlowClient|TestIdleConnection|TestWebSocket|TestLeavingSameAsHAProxy|TestWaitingClients"},
		{"process", "TestBadReload|TestGracefulStop|TestHardStop|TestReopenLogs"},
		{"tls", "TestTermination|TestOrigination"},
		{"http2", "TestMessages|TestStreamsShareConnections"},
	} {
		t.Run(theme.dir, func(t *testing.T) {
			cmd := exec.Command("go", "test", "-count=1", "-run", "^("+theme.tests+")$", "../"+theme.dir)
			cmd.Env = append(os.Environ(), "FAIRLEAD_TEST_TAGS="+tag)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// What the system lacks is an error of the configuration, at its place.
func TestLacking(t *testing.T) {
	t.Setenv("FAIRLEAD_TEST_TAGS", tag)
	binary := lab.Binary(t)
	for bind, want := range map[string]string{
		`"mptcp@:80"`: `protocol "mptcp" needs Linux`,
		`"abns@name"`: `needs Linux`,
		`"fd@3"`:      `protocol "fd" needs Linux`,
		`{ address = ":80", interface = "eth0" }`:  `interface needs Linux`,
		`{ address = ":80", transparent = true }`:  `transparent needs Linux`,
		`{ address = ":80", tfo = true }`:          `tfo needs Linux`,
		`{ address = ":80", backlog = 100 }`:       `backlog needs Linux`,
		`{ address = ":80", transparent = false }`: ``,
	} {
		config := filepath.Join(t.TempDir(), "lb.toml")
		text := "[frontend.f]\nbind = " + bind + "\ndefault-backend = \"b\"\n[backend.b]\nservers = [\"127.0.0.1:1\"]\n"
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(binary, "validate", "--config", config).CombinedOutput()
		if (err == nil) != (want == "") || !strings.Contains(string(out), want) {
			t.Errorf("bind = %s: %v\n%s", bind, err, out)
		}
	}
}
