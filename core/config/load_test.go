package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

var update = flag.Bool("update", false, "rewrite the expected errors of golden tests")

// TestErrors loads every file of testdata/errors and compares the errors with
// the file of the same name that ends in .txt.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".toml")
		t.Run(name, func(t *testing.T) {
			cfg, err := Load([]string{file}, func(string) (string, bool) { return "", false })
			var errs *tree.Errors
			if !errors.As(err, &errs) {
				t.Fatalf("the error is %T, not *tree.Errors", err)
			}
			got := err.Error() + "\n"
			for _, w := range cfg.Warnings {
				got += "warning: " + w.Text() + "\n"
			}
			golden := strings.TrimSuffix(file, ".toml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// parse loads a text that must be right.
func parse(t *testing.T, text string) *Config {
	t.Helper()
	root, err := tree.Parse("test.toml", []byte(text), func(k string) (string, bool) { return os.LookupEnv(k) })
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := FromTree(root)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestDefaults(t *testing.T) {
	cfg := parse(t, `
[defaults]
mode = "http"
timeout = { connect = "5s", client = "30s", server = "30s" }
option = ["dontlognull"]
log = "global"
default-server = { weight = 10, maxconn = 5 }

[defaults.api]
mode = "http"
timeout = { server = "1m", client = "1m", connect = 1000 }
http-request = [ { do = "set-header", name = "X-Api", value = "1" } ]
acl.health = "path /health"

[frontend.web]
bind = ":80"
timeout = { client = "10s" }
option = "no dontlognull"
default-backend = "app"

[frontend.api]
from = "api"
bind = [ ":81", { address = ":82", maxconn = 7 } ]
http-request = [ { do = "deny", if = "!health" } ]
default-backend = "app"

[backend.app]
servers = ["10.0.0.1:80", { address = "10.0.0.2:80", weight = 20 }]
[backend.app.server.c]
address = "10.0.0.3:80"
`)
	web, api, app := cfg.Frontends[0], cfg.Frontends[1], cfg.Backends[0]
	if web.Timeout.Client != 10*time.Second || web.Timeout.Connect != 5*time.Second || web.Option.Dontlognull || !web.Log.Global {
		t.Errorf("web: timeouts %+v, options %+v, log %+v", web.Timeout, web.Option, web.Log)
	}
	// A named section stands by itself; its rules come before the proxy's own.
	if api.Timeout.Client != time.Minute || api.Timeout.Connect != time.Second || api.Log.Global || api.Option.Dontlognull {
		t.Errorf("api: timeouts %+v, log %+v", api.Timeout, api.Log)
	}
	if len(api.HTTPRequest) != 2 || api.HTTPRequest[0].Do.Type != "set-header" || api.HTTPRequest[1].Do.Type != "deny" || api.ACL.Len() != 1 {
		t.Errorf("api: rules %+v", api.HTTPRequest)
	}
	if len(api.Bind) != 2 || api.Bind[1].Address.Value != ":82" || api.Bind[1].Maxconn != 7 {
		t.Errorf("api: binds %+v", api.Bind)
	}
	type server struct {
		name            string
		id, weight, max int
	}
	var got []server
	for _, s := range app.Servers {
		got = append(got, server{s.Name.Value, s.ID, s.Weight, s.Maxconn})
	}
	want := []server{{"s1", 1, 10, 5}, {"s2", 2, 20, 5}, {"c", 3, 10, 5}}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("servers: got %+v, want %+v", got, want)
		}
	}
}

func TestChecks(t *testing.T) {
	cfg := parse(t, `
[frontend.f]
bind = ":80"
default-backend = "b"
[backend.b]
check = { type = "http", path = "/healthz", interval = "1s", fall = 5 }
default-server = { check = true, rise = 4 }
servers = ["10.0.0.1:80", { address = "10.0.0.2:80", check = false }, { address = "10.0.0.3:80", check = "tcp", inter = "3s" }]
`)
	s := cfg.Backends[0].Servers
	c := s[0].Check
	if c == nil || c.Module.Type != "http" || *c.Inter != time.Second || *c.Fastinter != time.Second || *c.Rise != 4 || *c.Fall != 5 {
		t.Errorf("s1: %+v", c)
	}
	if s[1].Check != nil {
		t.Errorf("s2 is checked: %+v", s[1].Check)
	}
	if c := s[2].Check; c == nil || c.Module.Type != "tcp" || *c.Inter != 3*time.Second || *c.Fall != 3 {
		t.Errorf("s3: %+v", c)
	}
}

func TestListen(t *testing.T) {
	cfg := parse(t, `
[listen.both]
mode = "http"
bind = "127.0.0.1:80"
http-request = [ "deny" ]
http-response = [ "deny" ]
servers = ["10.0.0.1:80"]
`)
	if len(cfg.Frontends) != 1 || len(cfg.Backends) != 1 {
		t.Fatalf("%d frontends, %d backends", len(cfg.Frontends), len(cfg.Backends))
	}
	f, b := cfg.Frontends[0], cfg.Backends[0]
	if f.DefaultBackend.Value != "both" || len(f.HTTPRequest) != 1 || len(b.HTTPRequest) != 0 || len(f.HTTPResponse) != 0 || len(b.HTTPResponse) != 1 || len(b.Servers) != 1 {
		t.Errorf("frontend %+v\nbackend %+v", f, b)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("TEST_PORT", "8080")
	cfg := parse(t, `
[frontend.f]
bind = ":${TEST_PORT}"
maxconn = "${TEST_MAX:-20}"
`)
	if f := cfg.Frontends[0]; f.Bind[0].Address.Value != ":8080" || f.Maxconn != 20 {
		t.Errorf("bind %q, maxconn %d", f.Bind[0].Address.Value, f.Maxconn)
	}
}

func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.toml": "[frontend.a]\nbind = \":80\"\ndefault-backend = \"b\"\n",
		"b.toml": "[backend.b]\nservers = [\"10.0.0.1:80\"]\n",
		"c.txt":  "not read",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := Load([]string{dir}, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Frontends) != 1 || len(cfg.Backends) != 1 {
		t.Errorf("%d frontends, %d backends", len(cfg.Frontends), len(cfg.Backends))
	}
	// A name that is defined twice is an error that tells both places.
	if err := os.WriteFile(filepath.Join(dir, "d.toml"), []byte("[backend.b]\nservers = []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Load([]string{dir}, os.LookupEnv)
	if err == nil || !strings.Contains(err.Error(), "d.toml:1") || !strings.Contains(err.Error(), "b.toml:1") {
		t.Errorf("got %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/errors/*.toml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		root, err := tree.Parse("fuzz.toml", text, func(string) (string, bool) { return "", false })
		if err != nil || root == nil {
			return
		}
		if cfg, err := FromTree(root); err == nil && cfg == nil {
			t.Error("neither a configuration nor an error")
		}
	})
}

// Binds at one place get a warning, once for each that comes later.
func TestBoundTwice(t *testing.T) {
	for _, c := range []struct{ first, second, want string }{
		{`":80"`, `":81"`, ""},
		{`":80"`, `"0.0.0.0:80"`, "test.toml:5:8: frontend.b.bind: 0.0.0.0:80 is bound at test.toml:2:8 too"},
		{`["127.0.0.1:80", "[::1]:80"]`, `["127.0.0.2:80", "mptcp@127.0.0.1:80"]`, "frontend.b.bind[1]: mptcp@127.0.0.1:80 is bound at test.toml:2:9"},
		{`"127.0.0.1:80-90"`, `"127.0.0.1:85-95"`, "127.0.0.1:85 is bound"},
		{`["127.0.0.1:80", "127.0.0.1:80"]`, `":81"`, "frontend.a.bind[1]"},
		{`":443"`, `{ address = "quic@:443" }`, ""},
		{`{ address = ":80", interface = "eth0" }`, `{ address = ":80", interface = "eth1" }`, ""},
		{`"/run/a.sock"`, `"unix@/run/a.sock"`, "/run/a.sock is bound"},
		{`"fd@3"`, `"fd@4"`, ""},
		{`":0"`, `":0"`, ""},
	} {
		cfg := parse(t, "[frontend.a]\nbind = "+c.first+"\ntimeout.client = \"1s\"\n[frontend.b]\nbind = "+c.second+"\ntimeout.client = \"1s\"\n")
		var got []string
		for _, w := range cfg.Warnings {
			got = append(got, w.Text())
		}
		if c.want == "" && len(got) != 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
			t.Errorf("%s and %s: %q, want %q", c.first, c.second, got, c.want)
		}
	}
}
