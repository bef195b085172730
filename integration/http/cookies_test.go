package http

import (
	"strings"
	"testing"
)

// Cookies bind clients as HAProxy's do, in every mode, and the third and fourth
// letters of the termination state tell the same of them.
func TestCookiesSameAsHAProxy(t *testing.T) {
	for name, mode := range map[string]struct{ toml, cfg string }{
		"insert indirect": {`mode = "insert", indirect = true`, "insert indirect"},
		"insert preserve": {`mode = "insert", preserve = true`, "insert preserve"},
		"insert postonly": {`mode = "insert", postonly = true`, "insert postonly"},
		"rewrite":         {`mode = "rewrite"`, "rewrite"},
		"prefix":          {`mode = "prefix"`, "prefix"},
		"read":            {``, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := both(t, `
[frontend.web]
bind = "FRONT"
default-backend = "app"
[backend.app]
cookie = { `+strings.Trim(`name = "SRV", `+mode.toml, ", ")+` }
http-response = [{ do = "replace-header", name = "Set-Cookie", regex = "(.+)", value = '\1; Early' }]
http-after-response = [{ do = "replace-header", name = "Set-Cookie", regex = "(.+)", value = '\1; Late' }]
use-server = [{ server = "two", if = "{ url_param(s) two }" }]
[backend.app.server.one]
address = "ORIGIN"
cookie = "c1"
[backend.app.server.two]
address = "ORIGIN"
cookie = "c2"
weight = 0
[backend.app.server.off]
address = "ORIGIN"
cookie = "c3"
disabled = true
`, `
frontend web
	bind FRONT
	default_backend app
backend app
	cookie SRV `+mode.cfg+`
	http-response replace-header Set-Cookie (.+) "\1; Early"
	http-after-response replace-header Set-Cookie (.+) "\1; Late"
	use-server two if { url_param(s) two }
	server one ORIGIN cookie c1
	server two ORIGIN cookie c2 weight 0
	server off ORIGIN cookie c3 disabled
`)
			for _, path := range []string{"/", "/set", "/?s=two"} {
				p.compareRules(t, []string{"http://PROXY" + path})
				for _, cookie := range []string{"SRV=c1", "SRV=unknown", "SRV=c3", "a=b; SRV=x; SRV=c2; c=d", "SRV=c1~own"} {
					p.compareRules(t, []string{"http://PROXY" + path, "-H", "Cookie: " + cookie})
				}
			}
			p.compareRules(t, []string{"http://PROXY/", "-d", "x=y"})
			p.compareLogs(t, 3*6+1)
		})
	}
}
