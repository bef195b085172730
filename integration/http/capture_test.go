package http

import "testing"

// Captured values stand in the places that their rules have, whichever of the
// rules were run, as in HAProxy's log lines.
func TestCapturesSameAsHAProxy(t *testing.T) {
	p := both(t, `
[frontend.web]
bind = "FRONT"
http-request = [
  { do = "capture", expr = "path", len = 4, if = "{ path_beg /a }" },
  { do = "capture", expr = "req.hdr(x-a)", len = 8 },
  { do = "return", status = 204, if = "{ path_end /none }" },
]
http-response = [{ do = "capture", expr = "res.hdr(x-secret)", len = 8 }, { do = "capture", expr = "status", len = 3, if = "{ status 500 }" }]
default-backend = "app"
[backend.app]
http-request = [{ do = "capture", expr = "path,length", id = 0, if = "{ path_end long }" }]
servers = ["ORIGIN"]
`, `
frontend web
	bind FRONT
	declare capture response len 8
	declare capture response len 3
	http-request capture path len 4 if { path_beg /a }
	http-request capture req.hdr(x-a) len 8
	http-request return status 204 if { path_end /none }
	http-response capture res.hdr(x-secret) id 0
	http-response capture status id 1 if { status 500 }
	default_backend app
backend app
	http-request capture path,length id 0 if { path_end long }
	server s1 ORIGIN
`)
	for _, path := range []string{"/", "/abc", "/b", "/a/none", "/none", "/set", "/fail", "/along", "/blong"} {
		p.compareRules(t, []string{"http://PROXY" + path, "-H", "X-A: value"})
	}
	p.compareLogs(t, 9)
}
