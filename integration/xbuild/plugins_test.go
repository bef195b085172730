package xbuild

import (
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
	"github.com/fairleadproxy/fairlead/xbuild/plugin"
)

// A binary with every plugin of this repository lists their modules, runs, and
// balances.
func TestAllPlugins(t *testing.T) {
	x := newTool(t)
	dirs, err := filepath.Glob(filepath.Join(x.root, "plugins", "*", "go.mod"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("there are no plugins: error %v", err)
	}
	binary := filepath.Join(t.TempDir(), "fairlead")
	args := []string{"build", "-o", binary}
	var want []string
	for _, file := range dirs {
		dir := filepath.Dir(file)
		m, err := plugin.Read(dir)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		want = append(want, m.IDs()...)
		args = append(args, "--with", "./plugins/"+filepath.Base(dir))
	}
	x.must(t, x.root, args...)
	list, _, _ := lab.Run(t, binary, "list-modules")
	for _, id := range want {
		if !strings.Contains("\n"+list, "\n"+id+"\n") {
			t.Errorf("%s is missing in the binary", id)
		}
	}
	for _, file := range dirs {
		readme(t, binary, filepath.Dir(file))
	}
	if info, err := os.Stat(binary); err != nil || info.Size() > 60<<20 {
		t.Errorf("the binary: %v, error %v", info.Size(), err)
	}
	serves(t, binary)
	counts(t, binary)
}

// counts checks that what one plugin counts is shown by another, also after a reload.
func counts(t *testing.T, binary string) {
	t.Helper()
	dir, port, datagrams := t.TempDir(), lab.Port(t), lab.Port(t)
	file := filepath.Join(dir, "lb.toml")
	lab.Write(t, file, "[global]\nstats-socket = \"admin.sock\"\ntune.bufsize = \"2k\"\n"+`
[defaults]
timeout = { connect = "1s", client = "5s", server = "5s" }
[frontend.udp]
mode = "tcp"
bind = "udp@127.0.0.1:`+datagrams+`"
default-backend = "udp"
[backend.udp]
mode = "tcp"
servers = ["udp@127.0.0.1:`+datagrams+`"]
[frontend.stats]
mode = "http"
bind = "127.0.0.1:`+port+`"
http-request = [{ do = "use-service", service = "prometheus" }]
`)
	p := lab.Start(t, dir, binary, "run", "--config", file)
	lab.Listening(t, p, port)
	c, err := net.Dial("udp", "127.0.0.1:"+datagrams)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	shown := func() bool {
		res, err := http.Get("http://127.0.0.1:" + port + "/metrics")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return err == nil && regexp.MustCompile(`\nudp_dropped_datagrams_total\{reason="too long"\} [1-9]`).Match(body)
	}
	lab.Until(t, 20*time.Second, "a datagram that is too long is counted", func() bool {
		_, err := c.Write(make([]byte, 5000))
		return err == nil && shown()
	})
	if _, stderr, code := lab.Run(t, binary, "reload", "--socket", filepath.Join(dir, "admin.sock")); code != 0 || !shown() {
		t.Errorf("after a reload it is forgotten: exit status %d, stderr:\n%s", code, stderr)
	}
}

// readme checks that the configuration in a plugin's README is valid as it is
// typed, with the sections added that it takes for granted.
func readme(t *testing.T, binary, dir string) {
	t.Helper()
	_, use, ok := strings.Cut(string(read(t, filepath.Join(dir, "README.md"))), "\n## Use\n")
	use, _, _ = strings.Cut(use, "\n## ")
	text := ""
	for line := range strings.Lines(use) {
		if typed, ok := strings.CutPrefix(line, "    "); ok {
			text += typed
		}
	}
	if !ok || text == "" {
		t.Errorf("%s: its README shows no configuration under ## Use", dir)
	}
	for section, more := range map[string]string{
		"[frontend.":    "[frontend.f]\nbind = \"127.0.0.1:1\"\ndefault-backend = \"app\"\n",
		"[backend.app]": "[backend.app]\nservers = [\"127.0.0.1:1\"]\n",
		"[defaults]":    "[defaults]\nmode = \"http\"\ntimeout = { connect = \"1s\", client = \"1s\", server = \"1s\" }\n",
	} {
		if !strings.Contains(text, section) {
			text += more
		}
	}
	file := filepath.Join(t.TempDir(), "lb.toml")
	lab.Write(t, file, text)
	for _, name := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllStringSubmatch(text, -1) {
		t.Setenv(name[1], "secret")
	}
	_, stderr, code := lab.Run(t, binary, "validate", "--config", file)
	for line := range strings.Lines(stderr) {
		if strings.HasPrefix(line, "error: ") && !strings.Contains(line, "no such file or directory") { // a database that is not here
			t.Errorf("%s: exit status %d: %s", dir, code, line)
		}
	}
}
