package xbuild

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A build for TCP alone has nothing of TLS, HTTP or QUIC in it, balances TCP, and
// says where the rest is.
func TestMinimal(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	b := x.build(t, dir, "--core", x.root, "--preset", "tcp", "--size-report", "-o", filepath.Join(dir, "fairlead"))
	for _, s := range b.Sizes {
		if foreign(s.Package) {
			t.Errorf("%s has %d bytes in the binary", s.Package, s.Bytes)
		}
	}
	t.Run("phases", func(t *testing.T) { phases(t, x, filepath.Join(dir, "mode")) })

	origin, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer origin.Close()
	go func() {
		for {
			c, err := origin.Accept()
			if err != nil {
				return
			}
			io.WriteString(c, "hello\n")
			c.Close()
		}
	}()
	port := lab.Port(t)
	file := filepath.Join(dir, "lb.toml")
	tcp := strings.Replace(config("127.0.0.1:"+port, `"leastconn"`, origin.Addr().String()), `"http"`, `"tcp"`, 1)
	lab.Write(t, file, "[global]\nstats-socket = \""+filepath.Join(dir, "admin.sock")+"\"\n"+tcp)
	p := lab.Start(t, dir, b.Output, "run", "--config", file)
	lab.Listening(t, p, port)
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := io.ReadAll(c); string(got) != "hello\n" {
		t.Errorf("got %q, error %v", got, err)
	}

	wrong := filepath.Join(dir, "wrong.toml")
	const at = "github.com/fairleadproxy/fairlead/modules/"
	for _, c := range []struct{ config, want string }{
		{strings.Replace(tcp, `"tcp"`, `"http"`, 1), `defaults.mode: this build is without the mode "http"; it is in ` + at + `mode/http: xbuild build --include mode.http`},
		{strings.Replace(tcp, `bind = "127.0.0.1:`+port+`"`, `bind = { address = "127.0.0.1:1", tls = "site.pem" }`, 1),
			`this build is without the layer "tls"; it is in ` + at + `layer/tls: xbuild build --include layer.tls`},
		{strings.Replace(tcp, `servers = ["`, `servers = [{ address = "127.0.0.1:1", tls = true }, "`, 1), `this build is without the layer "tls"`},
	} {
		lab.Write(t, wrong, c.config)
		_, stderr, code := lab.Run(t, b.Output, "validate", "--config", wrong)
		if code != 2 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, wrong+":") {
			t.Errorf("exit status %d, stderr:\n%swant: %s", code, stderr, c.want)
		}
	}
	if _, stderr, code := lab.Run(t, b.Output, "trust", "--print"); code == 0 || !strings.Contains(stderr, "--include certs.internal") {
		t.Errorf("trust: exit status %d, stderr:\n%s", code, stderr)
	}
}

// foreign reports whether a package is about TLS, HTTP or QUIC. The contracts name
// types of httpmsg, some of whose methods stay.
func foreign(pkg string) bool {
	const core = "github.com/fairleadproxy/fairlead/core/"
	for _, p := range []string{
		"crypto/tls", "crypto/x509", "net/http", "golang.org/x/net/http2", "golang.org/x/crypto/ocsp",
		"github.com/quic-go", "github.com/caddyserver", core + "secure", core + "http1", core + "http2", core + "httphead",
	} {
		if pkg == p || strings.HasPrefix(pkg, p+"/") {
			return true
		}
	}
	return false
}

// phases looks for those of HTTP by their symbols.
func phases(t *testing.T, x *tool, binary string) {
	x.build(t, x.root, "--preset", "tcp", "--debug", "-o", binary)
	out, err := exec.Command("go", "tool", "nm", binary).Output()
	if err != nil {
		t.Fatal(err)
	}
	const stream = "core/proxy.(*stream)."
	for _, phase := range []string{"receive", "judge", "route", "forward", "review", "deliver", "exchange", "respond"} {
		if strings.Contains(string(out), stream+phase+"\n") {
			t.Errorf("the phase %s is in the binary", phase)
		}
	}
	if !strings.Contains(string(out), stream+"serveTCP\n") {
		t.Error("the phases of TCP are not there: are there no symbols?")
	}
}

// What a build for TCP lacks can be added piece by piece, and a configuration takes
// what it uses.
func TestPieces(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	cert := lab.Certificate(t)
	file := filepath.Join(dir, "lb.toml")
	for _, c := range []struct {
		name, args, mode, bind string
		have, lack             string
	}{
		{"TLS over TCP", "--preset tcp --include layer.tls", "tcp", fmt.Sprintf(`{ address = "127.0.0.1:1", tls = %q }`, cert), "layer.tls", "mode.http"},
		{"HTTP over TLS", "--preset http --include layer.tls", "http", fmt.Sprintf(`{ address = "127.0.0.1:1", tls = %q }`, cert), "layer.tls mode.http", "certs.acme"},
		{"TCP", "--for lb.toml", "tcp", `"127.0.0.1:1"`, "protocol.tcp", "layer.tls mode.http"},
		{"HTTP", "--for lb.toml", "http", `"127.0.0.1:1"`, "mode.http", "layer.tls"},
		{"TLS", "--for lb.toml", "tcp", fmt.Sprintf(`{ address = "127.0.0.1:1", tls = %q }`, cert), "layer.tls", "mode.http certs.acme"},
	} {
		text := strings.Replace(config("127.0.0.1:1", `"roundrobin"`, "127.0.0.1:1"), `"http"`, `"`+c.mode+`"`, 1)
		lab.Write(t, file, strings.Replace(text, `bind = "127.0.0.1:1"`, "bind = "+c.bind, 1))
		b := x.build(t, dir, append([]string{"--core", x.root, "-o", filepath.Join(dir, "fairlead")}, strings.Fields(c.args)...)...)
		list, _, _ := lab.Run(t, b.Output, "list-modules")
		for want, ids := range map[bool]string{true: c.have, false: c.lack} {
			for id := range strings.FieldsSeq(ids) {
				if strings.Contains("\n"+list, "\n"+id+"\n") != want {
					t.Errorf("%s: it has %s: %v", c.name, id, !want)
				}
			}
		}
		if _, stderr, code := lab.Run(t, b.Output, "validate", "--config", file); code != 0 {
			t.Errorf("%s: exit status %d, stderr:\n%s", c.name, code, stderr)
		}
	}
}
