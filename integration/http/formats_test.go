package http

import (
	"regexp"
	"testing"
)

// Formats outside logs see the request as it came, also where nothing is logged.
func TestFormatsSameAsHAProxy(t *testing.T) {
	p := both(t, `
[frontend.web]
bind = "FRONT"
log = false
unique-id-format = "%{+X}o  %ci:%fi_%rt"
http-request = [
  { do = "set-path", value = "/new" },
  { do = "set-header", name = "X-A", value = "%HM|%HP|%HQ|%HU|%HV|%r|%[capture.req.uri]|%[path]|  %f" },
  { do = "set-header", name = "X-B", value = "%[unique-id]", if = "{ query id }" },
]
default-backend = "app"
[backend.app]
log = false
servers = ["ORIGIN"]
`, `
frontend web
	bind FRONT
	no log
	unique-id-format %{+X}o\ \ %ci:%fi_%rt
	http-request set-path /new
	http-request set-header X-A "%HM|%HP|%HQ|%HU|%HV|%r|%[capture.req.uri]|%[path]|  %f"
	http-request set-header X-B "%[unique-id]" if { query id }
	default_backend app
backend app
	no log
	server s1 ORIGIN
`)
	for _, path := range []string{"/old", "/old?a=b", "/"} {
		p.compareRules(t, []string{"http://PROXY" + path, "-H", "Host: example.com"})
		if f, h := body(t, p.fairlead, []string{"http://PROXY" + path, "-H", "Host: a"}), body(t, p.haproxy, []string{"http://PROXY" + path, "-H", "Host: a"}); f != h {
			t.Errorf("%s: fairlead %q, haproxy %q", path, f, h)
		}
	}
	form := regexp.MustCompile(` 7F000001:7F000001_00[0-9A-F]{2} `)
	for _, at := range []string{p.fairlead, p.haproxy} {
		first, second := body(t, at, []string{"http://PROXY/?id"}), body(t, at, []string{"http://PROXY/?id"})
		if !form.MatchString(first) || first == second {
			t.Errorf("%s: unique IDs in %q and %q", at, first, second)
		}
	}
}
