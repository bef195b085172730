package all

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/service"
	"github.com/fairleadproxy/fairlead/core/storage"
)

// conform runs the conformance kit for every module of a kind, with the
// configurations given for it; one that is missing here is an error.
func conform[I any](t *testing.T, kind *module.Kind[I], configs map[string][]string) {
	t.Helper()
	for _, name := range kind.Names(module.Default()) {
		c, ok := configs[name]
		if !ok {
			t.Errorf("%s.%s: add a configuration to this test", kind.Name(), name)
			continue
		}
		t.Run(kind.Name()+"."+name, func(t *testing.T) { moduletest.Run(t, kind, name, c...) })
	}
}

func TestConformance(t *testing.T) {
	if err := module.Default().Err(); err != nil {
		t.Fatal(err)
	}
	none := []string{``}
	value := []string{`value = "x"`}
	address := []string{`expr = "src"`}
	regex := []string{`regex = "a"` + "\n" + `value = "b"`}
	conform(t, action.Kind, map[string][]string{
		"accept": none, "allow": none, "reject": none, "silent-drop": {``, `rst-ttl = 5`}, "expect-proxy": none,
		"dgram-drop": none, "send-retry": none, "wait-for-handshake": none,
		"add-header": {"name = \"X-A\"\nvalue = \"%[src]\""}, "set-header": {"name = \"X-A\"\nvalue = \"b\""},
		"del-header":     {`name = "X-A"`, "name = \"x-\"\nmatch = \"beg\""},
		"replace-header": {"name = \"X-A\"\nregex = \"a\"\nvalue = \"b\""}, "replace-value": {"name = \"X-A\"\nregex = \"a\"\nvalue = \"b\""},
		"set-method": value, "set-path": value, "set-pathq": value, "set-query": value, "set-uri": value,
		"replace-path": regex, "replace-pathq": regex, "replace-uri": regex,
		"normalize-uri": {`normalizer = "path-merge-slashes"`},
		"auth":          {``, `realm = "r"`}, "deny": {``, `status = 429`}, "tarpit": none, "return": {``, "content-type = \"text/plain\"\nstring = \"x\""},
		"redirect": {`location = "/"`, "scheme = \"https\"\ncode = 301"},
		"set-var":  {"name = \"txn.a\"\nexpr = \"src\""}, "set-var-fmt": {"name = \"txn.a\"\nvalue = \"%[src]\""}, "unset-var": {`name = "txn.a"`},
		"set-log-level": {`level = "silent"`}, "set-status": {`status = 404`}, "capture": {"expr = \"src\"\nlen = 16"},
		"set-src": address, "set-src-port": address, "set-dst": address, "set-dst-port": address,
		"use-service": {`service = "echo"`, "service = \"static\"\nstring = \"x\""},
	})
	conform(t, service.Kind, map[string][]string{"echo": none, "static": {``, `status = 404`}})
	conform(t, health.Kind, map[string][]string{
		"tcp":  {``, "send = \"PING\"\nexpect = \"PONG\""},
		"http": {``, "path = \"/healthz\"\nhost = \"a\"", `expect = "200-299,401"`, `expect = { string = "ok", not = true }`},
	})
	kept := "storage = \"" + t.TempDir() + "\"\n"
	conform(t, secure.Kind, map[string][]string{
		"acme": {
			kept, kept + "fallback = [\"https://other.example/dir\", { directory = \"https://third.example/dir\", eab-key-id = \"a\", eab-mac-key = \"Yg\" }]",
			kept + "on-demand = { ask = \"http://127.0.0.1:1/\", rate = \"1/1h\" }",
		},
		"internal": {kept, kept + `lifetime = "1h"`},
	})
	conform(t, layer.Kind, map[string][]string{"tls": none})
	conform(t, storage.Kind, map[string][]string{"file": {"path = \"" + t.TempDir() + "\""}})
	conform(t, logs.FormatKind, map[string][]string{
		"clf": none, "error": none, "httplog": none, "httpslog": none, "json": none, "tcplog": none,
	})
}

// Wrong configurations are errors that say what to write instead.
func TestRefusedConfigurations(t *testing.T) {
	for _, c := range []struct{ kind, name, config string }{
		{"action", "set-header", "name = \"a b\"\nvalue = \"x\""},
		{"action", "redirect", "location = \"/\"\nscheme = \"https\""},
		{"action", "redirect", "location = \"/\"\ncode = 200"},
		{"action", "redirect", ""},
		{"action", "return", "string = \"x\""},
		{"action", "return", "content-type = \"text/plain\""},
		{"action", "return", "content-type = \"text/plain\"\nstring = \"a\"\nfile = \"b\""},
		{"action", "return", "hdr = { Content-Length = \"1\" }"},
		{"action", "replace-path", "regex = \"(\"\nvalue = \"x\""},
		{"action", "del-header", "name = \"(\"\nmatch = \"reg\""},
		{"action", "set-status", "status = 100"},
		{"action", "set-status", "status = 200\nreason = \"a\\nb\""},
		{"action", "use-service", "service = \"ehco\""},
		{"check", "http", "path = \"no slash\""},
		{"check", "http", "method = \"G T\""},
		{"check", "http", "headers = { A = \"b\\r\\nC: d\" }"},
		{"check", "http", "expect = { status = \"2xx\" }"},
		{"check", "http", "expect = { string = \"a\", rstring = \"b\" }"},
		{"certs", "acme", "directory = \"http://ca.example/dir\""},
		{"certs", "acme", "eab-key-id = \"a\""},
		{"certs", "acme", "fallback = { directory = \"https://ca.example/dir\", eab-mac-key = \"a\" }"},
		{"certs", "acme", "http-challenge = false\ntls-alpn-challenge = false"},
		{"certs", "acme", "renewal-ratio = 1"},
		{"certs", "acme", "on-demand = { ask = \"127.0.0.1\" }"},
		{"certs", "acme", "on-demand = { ask = \"http://127.0.0.1/\", rate = \"10\" }"},
	} {
		if err := moduletest.Build(t, c.kind, c.name, c.config); err == nil {
			t.Errorf("%s.%s takes %q", c.kind, c.name, c.config)
		}
	}
}
