package xbuild

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// recipe is what xbuild check --json says of a build.
type recipe struct {
	Modules      []struct{ Kind, Name string }
	Imports      []string
	Dependencies []struct{ Path string }
}

func (r recipe) has(id string) bool {
	for _, m := range r.Modules {
		if m.Kind+"."+m.Name == id {
			return true
		}
	}
	return false
}

func (r recipe) needs(path string) bool {
	for _, d := range r.Dependencies {
		if d.Path == path {
			return true
		}
	}
	return false
}

// A smaller build has neither the modules nor the libraries of what it leaves out.
func TestPresets(t *testing.T) {
	x := newTool(t)
	const quic, acme = "github.com/quic-go/quic-go", "github.com/caddyserver/certmagic"
	for _, c := range []struct {
		args         string
		have, lack   string // modules
		needs, spare string // Go modules
	}{
		{"--preset tcp", "protocol.tcp check.tcp", "check.http action.set-header certs.acme protocol.quic", "", quic + " " + acme},
		{"--preset http", "protocol.tcp check.http", "certs.acme protocol.quic", "", quic + " " + acme},
		{"--preset tcp --include check.http", "check.http", "action.set-header", "", quic},
		{"--preset tls", "certs.acme", "protocol.quic", acme, quic},
		{"--without protocol.quic", "certs.acme", "protocol.quic", acme, quic},
	} {
		var list []recipe
		if err := json.Unmarshal([]byte(x.must(t, x.root, append([]string{"check", "--json"}, strings.Fields(c.args)...)...)), &list); err != nil {
			t.Fatal(err)
		}
		r := list[0]
		for want, ids := range map[bool]string{true: c.have, false: c.lack} {
			for id := range strings.FieldsSeq(ids) {
				if r.has(id) != want {
					t.Errorf("%s: it has %s: %v", c.args, id, !want)
				}
			}
		}
		for want, paths := range map[bool]string{true: c.needs, false: c.spare} {
			for path := range strings.FieldsSeq(paths) {
				if r.needs(path) != want {
					t.Errorf("%s: it needs %s: %v", c.args, path, !want)
				}
			}
		}
	}
	x.refuses(t, x.root, 2, "--preset udp: there is no such preset; there are all, http, tcp, tls", "check", "--preset", "udp")
	x.refuses(t, x.root, 2, "did you mean check.http?", "check", "--preset", "tcp", "--include", "check.htp")
}

// sizes checks what is in a binary for HTTP without TLS certificates of its own.
func sizes(t *testing.T, b built) {
	t.Helper()
	bytes := map[string]int64{}
	for _, s := range b.Sizes {
		bytes[s.Package] = s.Bytes
	}
	if own := bytes["github.com/fairleadproxy/fairlead/core/proxy"]; own < 10_000 || own > b.Size {
		t.Errorf("core/proxy has %d bytes of %d", own, b.Size)
	}
	for path, limit := range map[string]int64{
		"net/http": 0, "github.com/quic-go/quic-go": 0, "github.com/caddyserver/certmagic": 0,
		// In use it has 60,000, and Go's linker then keeps every method of every type.
		"text/template": 40_000,
	} {
		if bytes[path] > limit {
			t.Errorf("%s has %d bytes in the binary", path, bytes[path])
		}
	}
}

// A build for a configuration has what that uses and nothing else, and can carry
// it.
func TestForConfiguration(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "lb.toml")
	lab.Write(t, file, config("127.0.0.1:0", `"leastconn"`, "127.0.0.1:1")+`
[frontend.more]
bind = "127.0.0.1:0"
http-request = [{ do = "deny", if = "{ req.hdr(x),lower -m sub evil }" }]
default-backend = "app"
`)
	b := x.build(t, dir, "--core", x.root, "--for", "lb.toml", "--embed", "lb.toml", "--include", "balancer.first", "--size-report")
	sizes(t, b)
	got, _, _ := lab.Run(t, b.Output, "list-modules")
	want := "action.deny balancer.first balancer.leastconn converter.lower fetch.req.hdr logger.null matcher.sub protocol.tcp"
	for id := range strings.FieldsSeq(want) {
		if !strings.Contains("\n"+got, "\n"+id+"\n") {
			t.Errorf("%s is missing", id)
		}
	}
	for _, id := range []string{"action.redirect", "balancer.random", "fetch.src", "converter.upper", "check.http"} {
		if strings.Contains("\n"+got, "\n"+id+"\n") {
			t.Errorf("%s is there, and the configuration does not use it", id)
		}
	}
	if _, stderr, code := lab.Run(t, b.Output, "validate"); code != 0 {
		t.Errorf("the configuration in the binary: exit status %d, stderr:\n%s", code, stderr)
	}
	x.must(t, dir, "verify", b.Output, "--core", x.root, "--embed", "lb.toml")
	lab.Write(t, file, strings.Replace(string(read(t, file)), `"leastconn"`, `"leastcon"`, 1))
	x.refuses(t, dir, 2, file+":", "check", "--core", x.root, "--for", "lb.toml")
}
