package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/config"
	_ "github.com/fairleadproxy/fairlead/modules/standard/all"
)

// check validates a text and gives what is written.
func check(t *testing.T, text string) (output string, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lb.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	code = Run([]string{"validate", "--config", file}, &out, &out)
	return strings.ReplaceAll(out.String(), file, "lb.toml"), code
}

// Errors of keys, types, references, modules and expressions come together.
func TestAllAtOnce(t *testing.T) {
	out, code := check(t, `
[frontend.a]
mode = "http"
bind = "10.0.0.300:80"
maxconn = "x"
default-backend = "none"
use-backend = [ { backend = "b", if = "foo" } ]
http-request = [ { do = "dney" }, { status = 4 }, { do = "deny", if = "{ src 1.2.3 }" } ]
[backend.b]
mode = "http"
balance = { type = "hash", key = "sr" }
servers = ["1.1.1.1:99999", "1.1.1.1:1"]
chek = "http"
check = "htp"
`)
	for _, want := range []string{
		":4:9: frontend.a.bind: \"10.0.0.300\" is not",
		":5:11: frontend.a.maxconn: want an integer",
		":6:20: frontend.a.default-backend: there is no backend \"none\"",
		":7:40: frontend.a.use-backend[0].if: there is no ACL \"foo\"",
		":8:25: frontend.a.http-request[0]: unknown action \"dney\"",
		":8:35: frontend.a.http-request[1]: missing key \"do\"",
		":8:78: frontend.a.http-request[2].if: pattern \"1.2.3\"",
		":13:1: backend.b.chek: unknown key \"chek\"; did you mean \"check\"?",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if code != exitUsage || strings.Count(out, "error:") != 8 || t.Failed() {
		t.Errorf("exit status %d, want the errors above alone:\n%s", code, out)
	}
}

// What only follows from another error is not said.
func TestNoFollowers(t *testing.T) {
	const rest = "\nbind = \"127.0.0.1:80\"\ndefault-backend = \"b\"\nhttp-request = [{ do = \"deny\", if = \"x\" }]\n[backend.b]\nmode = \"http\"\nservers = [\"127.0.0.1:1\"]\n"
	for _, c := range []struct{ text, want string }{
		{"[frontend.a]\nacl.x = \"path /\"\nmod = \"http\"" + rest, "frontend.a.mod: unknown key"},
		{"[frontend.a]\nacl.x = \"path /\"\nmode = \"htp\"" + rest, "frontend.a.mode: unknown value"},
		{"[frontend.a]\nacl.x = 7\nmode = \"http\"" + rest, "frontend.a.acl.x: want a string"},
		{"[frontend.a]\nacl.x = \"path /\"\nmode = \"http\"" + strings.Replace(rest, "[backend.b]", "[backed.b]", 1), "unknown key \"backed\"; did you mean \"backend\"?"},
		{"[fronted.a]\nacl.x = \"path /\"\nmode = \"http\"" + rest, "unknown key \"fronted\"; did you mean \"frontend\"?"},
		{"[frontend.a]\nacl.x = \"path /\"\nmode = \"http\"\nmode = \"tcp\"" + rest, "already defined"},
	} {
		if out, code := check(t, c.text); code != exitUsage || strings.Count(out, "error:") != 1 || !strings.Contains(out, c.want) {
			t.Errorf("exit status %d, want %q alone:\n%s", code, c.want, out)
		}
	}
}

// A name that was forgotten is asked for.
func TestSectionWithoutName(t *testing.T) {
	out, _ := check(t, "[frontend]\nbind = \":80\"\n")
	if want := "lb.toml:2:1: frontend.bind: a setting stands where the name of a frontend does; write [frontend.NAME] above it"; !strings.Contains(out, want) {
		t.Errorf("there is no %q in\n%s", want, out)
	}
}

func TestArguments(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"validate lb.toml", `"lb.toml" is not expected; write --config lb.toml`},
		{"run lb.toml", `"lb.toml" is not expected; write --config lb.toml`},
		{"version now", `"now" is not expected; see "fairlead version --help"`},
		{"validate --config none.toml", "none.toml: no such file"},
		{"validate", defaultConfig + ": no such file or directory; name a configuration by --config FILE"},
	} {
		if c.args == "validate" && !missing(defaultConfig) {
			continue // this machine has one
		}
		var stderr strings.Builder
		if code := Run(strings.Fields(c.args), &stderr, &stderr); code != exitUsage || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("fairlead %s: exit status %d, want %q in\n%s", c.args, code, c.want, &stderr)
		}
	}
}

// Whatever is wrong in a configuration, building the rest does not panic.
func TestWrongValues(t *testing.T) {
	const text = `
[global]
maxconn = 100
hard-stop-after = "1s"
spread-checks = 5
[[global.log]]
to = "stderr"
format = "http"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "1s", client = "1s", server = "1s", check = "1s" }
retries = 2
[frontend.a]
bind = [{ address = "127.0.0.1:0", name = "x" }, "127.0.0.1:0"]
maxconn = 10
acl.x = ["path /a", "path /b"]
tcp-request.inspect-delay = "1s"
http-request = [{ do = "set-header", name = "X", value = "%[src]", if = "x" }]
use-backend = [{ backend = "b", if = "x" }]
default-backend = "b"
unique-id-format = "%ci"
[backend.b]
balance = { type = "hash", key = "src" }
check = { type = "http", path = "/", inter = "1s" }
default-server = { maxconn = 5, slowstart = "1s" }
cookie = { name = "c", mode = "insert" }
source = { address = "127.0.0.1" }
http-response = [{ do = "set-header", name = "Y", value = "z" }]
server.one = { address = "127.0.0.1:1", weight = 5, check = true, backup = true }
servers = [{ address = "127.0.0.1:2", send-proxy = true }]
[userlist.u]
users = [{ name = "n", insecure-password = "p" }]
`
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		key, _, ok := strings.Cut(line, " = ")
		if !ok {
			continue
		}
		for _, value := range []string{"-1", "true", `""`, `"x"`, "[]", "{}", "[{}]", "{ x = 1 }", `["", 1]`} {
			lines[i] = key + " = " + value
			file := filepath.Join(t.TempDir(), "lb.toml")
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Load([]string{file}, os.LookupEnv)
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("%s: %v", lines[i], r)
					}
				}()
				_ = build(cfg) // it may be right
			}()
			if err != nil && explain(cfg, err) == nil {
				t.Errorf("%s: the errors are lost", lines[i])
			}
		}
		lines[i] = line
	}
}

// Who writes as in HAProxy's configuration is told how it is written here.
func TestHAProxySyntax(t *testing.T) {
	out, code := check(t, `
[frontend.a]
mode = "http"
bind = "127.0.0.1:80 ssl crt /site.pem"
http-request = ["set-header X-A b if { path /a }"]
use-backend = [{ backend = "b", if = "{ path /a } and { src 10.0.0.0/8 }" }]
[backend.b]
mode = "http"
balance = "url_param id"
cookie = "SRV insert indirect"
servers = ["s1 127.0.0.1:1 check"]
http-request = [{ do = "capture", expr = "path", len = 9 }]
`)
	const beside = `beside the address: { address = "...", KEY = VALUE, ... }`
	for _, want := range []string{
		":4:21: frontend.a.bind: \"80 ssl crt /site.pem\" is not a port: write a number from 1 to 65535; what is set of it stands " + beside,
		":5:17: frontend.a.http-request[0]: unknown action \"set-header X-A b if { path /a }\"; a name stands here alone, and its settings are keys of a table",
		":6:51: frontend.a.use-backend[0].if: there is no ACL \"and\"; what stands side by side must all hold",
		":9:11: backend.b.balance: unknown balancer \"url_param id\"; a name stands here alone",
		":10:11: backend.b.cookie: \"SRV insert indirect\" is not the name of a cookie",
		":11:15: backend.b.servers[0]: \" \" cannot be in a host name",
		":12:56: backend.b.http-request[0].len: only a frontend makes places",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if code != exitUsage || strings.Count(out, "error:") != 7 || strings.Count(out, beside) != 2 || t.Failed() {
		t.Errorf("exit status %d, want the errors above alone:\n%s", code, out)
	}
}
