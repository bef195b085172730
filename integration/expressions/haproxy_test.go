package expressions

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// binary finds HAProxy, and skips or fails the test without it.
func binary(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("FAIRLEAD_TEST_ALL") == "1" {
		t.Fatal("haproxy is not installed, and FAIRLEAD_TEST_ALL=1 asks for all tests")
	}
	t.Skip("haproxy is not installed")
	return ""
}

const preamble = `defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
`

// accepts reports whether HAProxy accepts a frontend with these lines.
func accepts(t *testing.T, haproxy string, lines ...string) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "check.cfg")
	write(t, file, preamble+"frontend test\n  bind 127.0.0.1:1\n  "+strings.Join(lines, "\n  ")+"\n")
	return exec.Command(haproxy, "-c", "-q", "-f", file).Run() == nil
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// results gives the text that HAProxy writes for each log-format string, in a
// frontend with these lines.
func results(t *testing.T, haproxy string, lines, formats []string) []string {
	t.Helper()
	dir := t.TempDir()
	var body strings.Builder
	for i, f := range formats {
		fmt.Fprintf(&body, "%d<%s>%d\n", i, f, i)
	}
	write(t, filepath.Join(dir, "body"), body.String())
	addr := "127.0.0.1:" + lab.Port(t)
	write(t, filepath.Join(dir, "test.cfg"), "global\n  tune.bufsize 262144\n"+preamble+
		"frontend test\n  bind "+addr+"\n  "+strings.Join(lines, "\n  ")+
		"\n  http-request return status 200 content-type text/plain lf-file "+filepath.Join(dir, "body")+"\n")
	text := ask(t, haproxy, filepath.Join(dir, "test.cfg"), addr)
	out := make([]string, len(formats))
	for i := range formats {
		m := regexp.MustCompile(fmt.Sprintf(`(?s)(?:^|\n)%d<(.*?)>%d\n`, i, i)).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("HAProxy wrote no result %d, for %s", i, formats[i])
		}
		out[i] = m[1]
	}
	return out
}

// ask runs HAProxy for one request and gives the response's body.
func ask(t *testing.T, haproxy, config, addr string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var messages bytes.Buffer
	cmd := exec.CommandContext(ctx, haproxy, "-db", "-f", config)
	cmd.Stderr = &messages
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	defer func() {
		cancel()
		<-done
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	for tick := time.NewTicker(20 * time.Millisecond); ; <-tick.C {
		select {
		case err := <-done:
			done <- err
			t.Fatalf("haproxy: %v\n%s", err, messages.String())
		default:
		}
		resp, err := client.Get("http://" + addr + "/path?a=b")
		if err != nil {
			if ctx.Err() != nil {
				t.Fatalf("haproxy does not answer: %v", err)
			}
			continue // not listening yet
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
}
