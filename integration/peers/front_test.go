package peers

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// proxied is Fairlead in front of one server.
type proxied struct {
	t             *testing.T
	proc          *lab.Process
	plain, secure string // host and port
	cert          string // the file of its certificate
}

// front starts Fairlead with a server's entry in the configuration.
func front(t *testing.T, server string) *proxied {
	t.Helper()
	f := &proxied{t: t, plain: "127.0.0.1:" + lab.Port(t), secure: "127.0.0.1:" + lab.Port(t), cert: lab.Certificate(t)}
	f.proc = lab.Fairlead(t, `
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "5s", client = "20s", server = "20s", tunnel = "20s" }
[frontend.web]
bind = ["`+f.plain+`", { address = "`+f.secure+`", tls = "`+f.cert+`" }, { address = "quic@`+f.secure+`", tls = "`+f.cert+`" }]
alt-svc = true
default-backend = "app"
[backend.app]
servers = [`+server+`]
`)
	return f
}

// clientTLS trusts its certificate.
func (f *proxied) clientTLS() *tls.Config {
	f.t.Helper()
	text, err := os.ReadFile(f.cert)
	if err != nil {
		f.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	return &tls.Config{RootCAs: pool, ServerName: "localhost"}
}
