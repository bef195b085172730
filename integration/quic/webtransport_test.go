package quic

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// transporter builds the program that speaks WebTransport.
var transporter = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "webtransport")
	if err != nil {
		return "", err
	}
	program := filepath.Join(dir, "webtransport")
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Dir, cmd.Env = "../peers/webtransport", append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

// transports is Fairlead before a server of WebTransport, with a timeout.
func transports(t *testing.T, timeout string) (program string, f *proxied) {
	t.Helper()
	program, err := transporter()
	if err != nil {
		t.Fatal(err)
	}
	server := lab.Start(t, t.TempDir(), program, "serve", lab.Certificate(t))
	lab.Until(t, 10*time.Second, "the server listens", func() bool { return strings.Contains(server.Output(), "serving at ") })
	_, at, _ := strings.Cut(strings.TrimSpace(server.Output()), "serving at ")
	f = &proxied{port: lab.Port(t), cert: lab.Certificate(t)}
	config := f.config(`{ address = "quic@`+at+`", tls = { verify = "none" }, check = false }`, "")
	f.proc = lab.Fairlead(t, strings.ReplaceAll(config, `"30s"`, `"`+timeout+`"`))
	return program, f
}

// TestWebTransport has sessions pass with their streams of all kinds, their
// resets, their datagrams and their ends; several at once, too.
func TestWebTransport(t *testing.T) {
	program, f := transports(t, "30s")
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if out, errs, code := lab.Run(t, program, "talk", "https://127.0.0.1:"+f.port+"/session"); code != 0 {
				t.Errorf("a session:\n%s%s", out, errs)
			}
		})
	}
	wg.Wait()
	lab.Until(t, 10*time.Second, "the sessions are logged", func() bool { return strings.Count(f.proc.Output(), "CONNECT ") == 5 })
	if out, _, code := lab.Run(t, program, "talk", "https://127.0.0.1:"+f.port+"/refused"); code == 0 || !strings.Contains(out, "status 403") {
		t.Errorf("a session that the server refuses: %s", out)
	}
}

// TestWebTransportLasts has a session live on while nothing but datagrams pass,
// for longer than the timeouts. A machine that stands still for so long may have
// another go.
func TestWebTransportLasts(t *testing.T) {
	program, f := transports(t, "1s")
	lab.Attempts(t, 5, func() error {
		if out, errs, code := lab.Run(t, program, "hold", "https://127.0.0.1:"+f.port+"/session", "2s"); code != 0 {
			return fmt.Errorf("it did not last:\n%s%s", out, errs)
		}
		return nil
	})
}

// TestWebTransportNowhere has no server that could take a session.
func TestWebTransportNowhere(t *testing.T) {
	program, err := transporter()
	if err != nil {
		t.Fatal(err)
	}
	f := front(t, `"`+plain(t)+`"`, "")
	if out, _, code := lab.Run(t, program, "talk", "https://127.0.0.1:"+f.port+"/session"); code == 0 || !strings.Contains(out, "status 502") {
		t.Errorf("a session to a server of HTTP/1: %s", out)
	}
}
