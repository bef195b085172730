package acme

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// The issuer internal needs no section. Programs that trust its root are served,
// others are not.
func TestInternal(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	port := lab.Port(t)
	lab.Fairlead(t, internal(port))
	curl := lab.Need(t, "curl")
	url := "https://localhost:" + port + "/"
	lab.Until(t, limit, "localhost has a certificate", func() bool { return lab.Leaf(port, "localhost") != nil })
	root, stderr, code := lab.Run(t, lab.Binary(t), "trust", "--print")
	if code != 0 {
		t.Fatal(stderr)
	}
	file := filepath.Join(t.TempDir(), "root.pem")
	lab.Write(t, file, root)
	if out, stderr, _ := lab.Run(t, curl, "-sS", "--cacert", file, url); out != "hello" {
		t.Errorf("who trusts the root got %q, %s", out, stderr)
	}
	if _, _, code := lab.Run(t, curl, "-s", url); code == 0 {
		t.Error("who does not trust the root was served")
	}
	const alert = "remote error: tls: unrecognized name"
	if _, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true, ServerName: "other.test"}); err == nil || err.Error() != alert {
		t.Errorf("who asks for another name got %v, want %s", err, alert)
	}
}

func internal(port string) string {
	return `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "60s", server = "60s" }
[frontend.web]
bind = { address = "127.0.0.1:` + port + `", tls = { acme = ["localhost"], issuer = "internal" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "hello" }]
`
}

// The commands trust and untrust change what the system's programs trust. They
// run in a mount namespace, so that this machine stays as it is.
func TestTrust(t *testing.T) {
	if os.Getuid() != 0 {
		lab.Missing(t, "mount namespaces need root")
	}
	lab.Need(t, "update-ca-certificates")
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	port := lab.Port(t)
	lab.Fairlead(t, internal(port))
	lab.Until(t, limit, "localhost has a certificate", func() bool { return lab.Leaf(port, "localhost") != nil })
	script := `set -e
mount -t tmpfs none /usr/local/share/ca-certificates
mkdir "$1/certs"
mount --bind "$1/certs" /etc/ssl/certs
head -15 /etc/ca-certificates.conf >"$1/few" # all of them would take a while
mount --bind "$1/few" /etc/ca-certificates.conf
"$2" trust
curl -sS "$3"; echo
"$2" untrust
curl -s "$3" || echo refused
`
	unshare := lab.Need(t, "unshare")
	out, stderr, code := lab.Run(t, unshare, "-m", "sh", "-c", script, "sh", t.TempDir(), lab.Binary(t), "https://localhost:"+port+"/")
	if code != 0 || out != "hello\nrefused\n" {
		t.Errorf("exit status %d, output %q\n%s", code, out, stderr)
	}
}
