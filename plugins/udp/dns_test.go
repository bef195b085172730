package udp

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

const binary = "github.com/fairleadproxy/fairlead/plugins/udp/testdata/binary"

// port gives a port that is free for UDP and TCP.
func port(t *testing.T) string { return lab.Port(t) }

// fairlead runs the binary with the plugin; log lines go to its output.
func fairlead(t *testing.T, timeout, config string) *lab.Process {
	t.Helper()
	return lab.FairleadOf(t, lab.BinaryOf(t, binary), fmt.Sprintf(`
[[global.log]]
to = "stdout"
[defaults]
mode = "tcp"
log = "global"
timeout = { connect = "5s", client = %[1]q, server = %[1]q }
%[2]s`, timeout, config))
}

// knot runs Knot DNS at a port. In its zone, who.example.com tells its name and
// big.example.com has an answer of 3600 bytes.
func knot(t *testing.T, name, port string) *lab.Process {
	t.Helper()
	program, dir := lab.Need(t, "knotd"), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat(` "`+strings.Repeat("x", 250)+`"`, 14)
	lab.Write(t, filepath.Join(dir, "example.com.zone"), `
@ 60 SOA ns.example.com. admin.example.com. 1 60 60 60 60
@ 60 NS ns
ns 60 A 127.0.0.1
who 60 TXT `+name+`
big 60 TXT `+big+`
`)
	lab.Write(t, filepath.Join(dir, "knot.conf"), fmt.Sprintf(`
server:
  rundir: "%[1]s"
  listen: 127.0.0.1@%[2]s
  udp-max-payload: 4096
database:
  storage: "%[1]s/db"
template:
  - id: default
    storage: "%[1]s"
zone:
  - domain: example.com
    file: example.com.zone
`, dir, port))
	p := lab.Start(t, dir, program, "-c", "knot.conf")
	lab.Listening(t, p, port)
	return p
}

// dig asks by UDP alone and gives the answers in short form.
func dig(t *testing.T, host, port, name string) string {
	t.Helper()
	out, _, _ := lab.Run(t, lab.Need(t, "dig"), "@"+host, "-p", port, name, "TXT", "+short", "+ignore", "+bufsize=4096", "+tries=1", "+time=5")
	return strings.TrimSpace(out)
}

// Real name servers behind real clients: queries are balanced, long answers
// come whole, a server that dies is left out until it is back, and the log has
// a normal end for every session.
func TestDNS(t *testing.T) {
	a, b, front := port(t), port(t), port(t)
	first, _ := knot(t, "a", a), knot(t, "b", b)
	p := fairlead(t, "1s", `
[frontend.dns]
bind = ["udp@127.0.0.1:`+front+`", "udp6@[::1]:`+front+`"]
default-backend = "knots"
[backend.knots]
# The question is for who.example.com TXT, the answer has to have the same ID and no error.
timeout.check = "3s"
check = { type = "tcp", inter = "500ms", rise = 2, fall = 2, send-binary = "123400000001000000000000`+
		`0377686f076578616d706c6503636f6d0000100001", expect-binary = "1234840000010001" }
server.a.address = "udp@127.0.0.1:`+a+`"
server.b.address = "udp@127.0.0.1:`+b+`"
`)
	answers := func(n int) map[string]int {
		got := map[string]int{}
		for range n {
			got[dig(t, "127.0.0.1", front, "who.example.com")]++
		}
		return got
	}
	if got := answers(10); got[`"a"`] != 5 || got[`"b"`] != 5 {
		t.Errorf("ten queries gave %v, want five of each", got)
	}
	if got := dig(t, "::1", front, "who.example.com"); got != `"a"` && got != `"b"` {
		t.Errorf("by IPv6: %q", got)
	}
	want := dig(t, "127.0.0.1", b, "big.example.com")
	if got := dig(t, "127.0.0.1", front, "big.example.com"); got != want || len(got) < 3500 {
		t.Errorf("a long answer came as %d bytes, want %d", len(got), len(want))
	}
	first.Kill(t)
	lab.Until(t, 10*time.Second, "a is down", func() bool { return strings.Contains(p.Output(), "knots/a is DOWN") })
	if got := answers(6); got[`"b"`] != 6 {
		t.Errorf("without a: %v", got)
	}
	knot(t, "a", a)
	lab.Until(t, 10*time.Second, "a is up", func() bool { return strings.Contains(p.Output(), "knots/a is UP") })
	if got := answers(6); got[`"a"`] != 3 {
		t.Errorf("with a again: %v", got)
	}
	lines := regexp.MustCompile(`dns knots/[ab] \S+ \d+ (..) `)
	lab.Until(t, 10*time.Second, "all sessions are logged", func() bool { return len(lines.FindAllString(p.Output(), -1)) == 24 })
	for _, m := range lines.FindAllStringSubmatch(p.Output(), -1) {
		if m[1] != "--" {
			t.Errorf("a session ended with %q, want --", m[1])
		}
	}
}

// What needs a stream of bytes is refused with its place.
func TestRefusals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lb.toml")
	lab.Write(t, file, `[defaults]
timeout = { connect = "5s", client = "5s", server = "5s" }
[frontend.web]
mode = "http"
bind = "udp@:8080"
default-backend = "app"
[backend.app]
mode = "http"
servers = [{ address = "udp@127.0.0.1:1", send-proxy = true }]
[frontend.dns]
mode = "tcp"
bind = { address = "udp@:8053", accept-proxy = true }
default-backend = "dns"
[backend.dns]
mode = "tcp"
servers = ["udp@127.0.0.1:2"]
`)
	_, errs, code := lab.Run(t, lab.BinaryOf(t, binary), "validate", "--config", file)
	for _, want := range []string{":5:9: frontend.web.bind: HTTP needs", ":9:25: ", "HTTP needs", "the PROXY protocol needs", ":12:21: "} {
		if !strings.Contains(errs, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if code != 2 || t.Failed() {
		t.Errorf("status %d:\n%s", code, errs)
	}
	_, errs, _ = lab.Run(t, lab.Binary(t), "validate", "--config", file)
	if !strings.Contains(errs, "xbuild build --with github.com/fairleadproxy/fairlead/plugins/udp") {
		t.Errorf("a binary without the plugin says:\n%s", errs)
	}
}

// A port in use is an error that says so, and a reload that needs it leaves
// what runs as it is.
func TestPortInUse(t *testing.T) {
	dns, front := port(t), port(t)
	knot(t, "a", dns)
	backend := "default-backend = \"dns\"\n[backend.dns]\nservers = [\"udp@127.0.0.1:" + dns + "\"]\n"
	p := fairlead(t, "1s", "[frontend.dns]\nbind = \"udp@127.0.0.1:"+front+"\"\n"+backend)
	config, err := os.ReadFile(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, p.Config(), strings.Replace(string(config), `:`+front+`"`, `:`+front+`,udp@127.0.0.1:`+dns+`"`, 1))
	p.Signal(t, syscall.SIGHUP)
	lab.Until(t, 10*time.Second, "the reload fails", func() bool { return strings.Contains(p.Output(), "UDP port "+dns+" of 127.0.0.1 is in use") })
	for range 5 {
		if got := dig(t, "127.0.0.1", front, "who.example.com"); got != `"a"` {
			t.Errorf("after the reload that failed: %q", got)
		}
	}
}
