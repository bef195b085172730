package quic

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A client that aborts a request ends it at once, whatever the server does, and logs
// tell by which code. Rules see the streams' numbers.
func TestClientAborts(t *testing.T) {
	for version, server := range servers(t) {
		port := lab.Port(t)
		p := lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
retries = 0
timeout = { connect = "5s", client = "60s", server = "60s" }
[frontend.web]
bind = { address = "quic@127.0.0.1:`+port+`", tls = "`+lab.Certificate(t)+`" }
log-format = "%HP %ts aborted=%[fs.aborted] code=%[fs.rst_code]"
http-response = [{ do = "set-header", name = "X-Streams", value = "%[fc_http_major] %[fc_nb_streams] %[fc_settings_streams_limit] %[fs.id] %[bc_http_major]" }]
default-backend = "app"
[backend.app]
servers = [`+server+`]
`)
		c, base := client(t), "https://127.0.0.1:"+port
		res, _ := lab.Do(t, c, lab.Request(t, "GET", base+"/none", nil))
		if got, want := res.Header.Get("X-Streams"), "3 1 100 0 "+version[len("HTTP/"):len("HTTP/")+1]; got != want {
			t.Errorf("to %s: %q, want %q", version, got, want)
		}
		res, err := c.Do(lab.Request(t, "GET", base+"/pieces", nil))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(res.Body, make([]byte, len("piece"))); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		const want = "/pieces CD aborted=1 code=268" // H3_REQUEST_CANCELLED
		for end := time.Now().Add(20 * time.Second); !strings.Contains(p.Output(), want); time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("to %s: no line %q in\n%s", version, want, p.Output())
			}
		}
	}
}
