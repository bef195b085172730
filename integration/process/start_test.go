package process

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A start that hangs, as on a name server that does not answer or, here, on a
// certificate in a pipe that nobody writes to, is ended by SIGTERM.
func TestStopWhileStarting(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pem")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "lb.toml")
	lab.Write(t, file, `
[global]
maxconn = 1000000000
[frontend.a]
bind = { address = "127.0.0.1:0", tls = "`+pipe+`" }
`)
	p := lab.Start(t, dir, lab.Binary(t), "run", "--config", file)
	lab.Until(t, 10*time.Second, "the start is under way", func() bool { return strings.Contains(p.Output(), "maxconn needs more file descriptors") })
	p.Signal(t, syscall.SIGHUP) // which waits
	p.Signal(t, syscall.SIGTERM)
	if code := p.Wait(t, 10*time.Second); code != 1 || !strings.Contains(p.Output(), "before all was started") {
		t.Errorf("exit status %d:\n%s", code, p.Output())
	}
}

// Settings that only a start takes are named when a reload changes them, and
// errors of several kinds come together while what runs stays.
func TestReloadSays(t *testing.T) {
	const rest = "[frontend.a]\nbind = \"127.0.0.1:0\"\ntimeout.client = \"5s\"\n"
	p := lab.Fairlead(t, rest)
	lab.Write(t, p.Config(), "[global]\nmaxconn = 77\n"+rest)
	p.Signal(t, syscall.SIGHUP)
	lab.Until(t, 10*time.Second, "the change is named", func() bool {
		return strings.Contains(p.Output(), `wait for the next start" keys="maxconn, stats-socket"`) && strings.Contains(p.Output(), "was replaced")
	})
	lab.Write(t, p.Config(), rest+"maxconn = \"x\"\ndefault-backend = \"none\"\nuse-backend = [{ backend = \"b\", if = \"foo\" }]\n[backend.b]\nservers = [\"127.0.0.1:99999\"]\n")
	p.Signal(t, syscall.SIGHUP)
	lab.Until(t, 10*time.Second, "the reload fails", func() bool { return strings.Contains(p.Output(), "was not replaced") })
	for _, want := range []string{"lb.toml:4:11: frontend.a.maxconn", "lb.toml:5:20: ", `no ACL "foo"`, "port 99999 is out of range", "4 errors"} {
		if !strings.Contains(p.Output(), want) {
			t.Errorf("there is no %q in\n%s", want, p.Output())
		}
	}
}

// A change of the configuration while the process starts is not missed by --watch.
func TestWatchWhileStarting(t *testing.T) {
	dir := t.TempDir()
	pipe, file := filepath.Join(dir, "pem"), filepath.Join(dir, "lb.toml")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	pem := ""
	cert := lab.Certificate(t)
	for _, name := range []string{cert, cert + ".key"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pem += string(b)
	}
	global := "[global]\nmaxconn = 1000000000\nstats-socket = \"" + filepath.Join(dir, "s") + "\"\n"
	lab.Write(t, file, global+"[frontend.a]\nbind = { address = \"127.0.0.1:0\", tls = \""+pipe+"\" }\n")
	p := lab.Start(t, dir, lab.Binary(t), "run", "--watch", "--config", file)
	lab.Until(t, 10*time.Second, "the start is under way", func() bool { return strings.Contains(p.Output(), "maxconn needs more file descriptors") })
	port, origin := lab.Port(t), lab.Port(t)
	lab.Write(t, file, global+self(port, origin, ""))
	lab.Write(t, pipe, pem) // the start goes on
	lab.Listening(t, p, port)
}
