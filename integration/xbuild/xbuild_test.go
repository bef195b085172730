// Package xbuild tests the custom-build tool with the real go command: it builds
// binaries with plugins and without modules, and runs them.
//
// The package holds tests alone. They need the go command and the modules that
// Fairlead depends on, in the cache or from a proxy.
package xbuild

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

// tool is the xbuild binary, run in a directory.
type tool struct{ path, root string }

func newTool(t *testing.T) *tool {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: building binaries takes some seconds")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	lab.Need(t, "go")
	return &tool{lab.BinaryOf(t, builder.CorePath+"/xbuild"), root}
}

// run runs xbuild in a directory and gives what it wrote and its exit status.
func (x *tool) run(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(x.path, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestBuild(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	binary := filepath.Join(dir, "one", "fairlead")
	stdout, stderr, code := x.run(t, x.root, "build", "--with", "./plugins/ewma", "--without", "protocol.mptcp", "--without", "balancer.uri", "-o", binary)
	if code != 0 || stdout != binary+"\n" {
		t.Fatalf("exit status %d, stdout %q, stderr:\n%s", code, stdout, stderr)
	}
	t.Run("modules", func(t *testing.T) { modules(t, x, binary) })
	t.Run("static", func(t *testing.T) { static(t, x, binary) })
	t.Run("excluded", func(t *testing.T) { excluded(t, binary) })
	t.Run("serves", func(t *testing.T) { serves(t, binary) })
	t.Run("reproducible", func(t *testing.T) {
		again := filepath.Join(dir, "two")
		_, stderr, code := x.run(t, filepath.Join(x.root, "plugins", "ewma"), "build", "--without", "balancer.uri", "--without", "protocol.mptcp", "--with", ".", "-o", again)
		if code != 0 {
			t.Fatalf("exit status %d, stderr:\n%s", code, stderr)
		}
		if sha256.Sum256(read(t, binary)) != sha256.Sum256(read(t, again)) {
			t.Error("the same parts, asked for in another directory and order, give another binary")
		}
		if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
			t.Errorf("besides the binaries there is something left over: %v, error %v", list, err)
		}
	})
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// modules checks what the binary lists against what the tool says there is.
func modules(t *testing.T, x *tool, binary string) {
	available, stderr, code := x.run(t, x.root, "list")
	if code != 0 {
		t.Fatalf("xbuild list: exit status %d, stderr:\n%s", code, stderr)
	}
	want := "\n" + available
	for _, id := range []string{"protocol.mptcp", "balancer.uri"} {
		if !strings.Contains(want, "\n"+id+"\n") {
			t.Fatalf("%s is not available:\n%s", id, available)
		}
		want = strings.Replace(want, "\n"+id+"\n", "\n", 1)
	}
	want = strings.Replace(want, "\nbalancer.first\n", "\nbalancer.ewma\nbalancer.first\n", 1)
	got, _, _ := lab.Run(t, binary, "list-modules")
	if "\n"+got != want {
		t.Errorf("the binary lists\n%s\nwant%s", got, want)
	}
	version, err := builder.OwnVersion(filepath.Join(x.root, "plugins", "ewma"))
	if err != nil || version == "" {
		t.Fatalf("the plugin's version is %q, error %v", version, err)
	}
	got, _, _ = lab.Run(t, binary, "list-modules", "--kind", "balancer", "--versions")
	for line := range strings.Lines(got) {
		words := strings.Fields(line)
		if isPlugin := words[0] == "balancer.ewma"; isPlugin && words[1] != version {
			t.Errorf("the plugin is listed with version %s, want %s", words[1], version)
		}
	}
}

func static(t *testing.T, x *tool, binary string) {
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary needs a dynamic linker")
		}
	}
	if bytes.Contains(read(t, binary), []byte(x.root+"/")) {
		t.Errorf("the binary has the path %s in it", x.root)
	}
}

// excluded checks that what was left out is refused as unknown.
func excluded(t *testing.T, binary string) {
	for _, c := range []struct{ bind, balance, err string }{
		{"127.0.0.1:0", `"ewma"`, ""},
		{"mptcp@127.0.0.1:0", `"ewma"`, "mptcp"},
		{"127.0.0.1:0", `"uri"`, `"uri"`},
		{"127.0.0.1:0", `{ type = "ewma", decay = "0s" }`, "below the minimum"},
	} {
		file := filepath.Join(t.TempDir(), "lb.toml")
		lab.Write(t, file, config(c.bind, c.balance, "127.0.0.1:1"))
		_, stderr, code := lab.Run(t, binary, "validate", "--config", file)
		if (code == 0) != (c.err == "") || !strings.Contains(stderr, c.err) {
			t.Errorf("bind %s, balance %s: exit status %d, stderr:\n%s", c.bind, c.balance, code, stderr)
		}
	}
}

func config(bind, balance string, servers ...string) string {
	return `
[[global.log]]
to = "null"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "2s", client = "5s", server = "5s" }
[frontend.web]
bind = "` + bind + `"
default-backend = "app"
[backend.app]
balance = ` + balance + `
servers = ["` + strings.Join(servers, `", "`) + `"]
`
}

// serves sends requests through the binary to a slow and a fast server: the
// plugin has to send nearly all to the fast one, once it has seen both.
func serves(t *testing.T, binary string) {
	var slow, fast atomic.Int64
	origin := func(n *atomic.Int64, delay time.Duration) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n.Add(1)
			time.Sleep(delay)
			w.WriteHeader(http.StatusNoContent)
		}))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	dir, port := t.TempDir(), lab.Port(t)
	file := filepath.Join(dir, "lb.toml")
	lab.Write(t, file, "[global]\nstats-socket = \""+filepath.Join(dir, "admin.sock")+"\"\n"+
		config("127.0.0.1:"+port, `"ewma"`, origin(&slow, 300*time.Millisecond), origin(&fast, 0)))
	p := lab.Start(t, dir, binary, "run", "--config", file)
	lab.Listening(t, p, port)
	client := &http.Client{Timeout: 10 * time.Second}
	const requests = 100
	for range requests {
		res, err := client.Get("http://127.0.0.1:" + port + "/")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNoContent {
			t.Fatalf("status %d", res.StatusCode)
		}
	}
	if s, f := slow.Load(), fast.Load(); s+f != requests || s < 1 || s > 10 {
		t.Errorf("of %d requests %d went to the slow server and %d to the fast one", requests, s, f)
	}
}
