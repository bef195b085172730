package quic

import (
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// What QUIC cannot be used for is told when the configuration is read, not by
// clients that get no answer.
func TestRefused(t *testing.T) {
	site := lab.Certificate(t)
	got := lab.Refused(t, `[defaults]
timeout = { connect = "5s", client = "30s", server = "30s" }
[listen.bytes]
bind = { address = "quic@:1443", tls = "`+site+`" }
servers = [{ address = "quic@127.0.0.1:1", tls = true }]
[frontend.web]
mode = "http"
http-request = [{ do = "return", status = 200 }]
bind = [
  "quic@:2443",
  { address = "quic@:3443", tls = { crt = "`+site+`", ssl-max-ver = "TLSv1.2" } },
  { address = "quic@:4443", tls = { crt = "`+site+`", alpn = ["h2"] } },
  { address = "quic@:5443", tls = "`+site+`", proto = "h2", accept-proxy = true },
  { address = ":6443", tls = { crt = "`+site+`", alpn = ["h3", "h2"] } },
  { address = ":7443,quic@:7443", tls = { crt = "`+site+`", alpn = ["h3", "h2"] } },
]
[backend.app]
mode = "http"
servers = [
  "quic@127.0.0.1:1",
  { address = "quic@127.0.0.1:2", tls = { verify = "none", ssl-max-ver = "TLSv1.2", alpn = "h2" } },
  { address = "quic@127.0.0.1:3", tls = { verify = "none" }, proto = "h2", send-proxy-v2 = true, check = true },
]
`)
	want := []string{
		`:4:21: listen.bytes.bind.address: QUIC carries HTTP alone; write mode = "http"`,
		`:5:25: listen.bytes.servers[0].address: QUIC carries HTTP alone; write mode = "http"`,
		`:10:4: frontend.web.bind[0]: QUIC needs TLS; write { address = "quic@:2443", tls = "FILE" }`,
		`:11:16: frontend.web.bind[1].address: QUIC needs TLS 1.3, and ssl-max-ver is TLSv1.2; give the quic@ address a bind of its own, without ssl-max-ver`,
		`:12:16: frontend.web.bind[2].address: QUIC speaks "h3", which is not in alpn; leave alpn out`,
		`:13:16: frontend.web.bind[3].address: QUIC speaks HTTP/3 alone; leave proto out`,
		`:13:16: frontend.web.bind[3].address: the PROXY protocol goes before a stream of bytes, and QUIC has none; leave accept-proxy out`,
		`:14:30: alpn has "h3", which is spoken over QUIC; leave it out, and add a bind at "quic@:6443"`,
		`:20:4: backend.app.servers[0]: QUIC needs TLS; write { address = "quic@127.0.0.1:1", tls = true }`,
		`:21:16: backend.app.servers[1].address: QUIC needs TLS 1.3, and ssl-max-ver is TLSv1.2; leave ssl-max-ver out`,
		`:21:16: backend.app.servers[1].address: QUIC speaks "h3", which is not in alpn; leave alpn out`,
		`:22:16: backend.app.servers[2].address: a server cannot be checked by QUIC; write check = false`,
		`:22:16: backend.app.servers[2].address: QUIC speaks HTTP/3 alone; leave proto out`,
		`:22:16: backend.app.servers[2].address: the PROXY protocol goes before a stream of bytes, and QUIC has none; ` +
			`leave send-proxy and its like out, and write forwardfor = true to tell of clients`,
	}
	if text := strings.Join(want, "\n"); got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
}
