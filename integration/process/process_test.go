// Package process tests the life of the real process: reloads under load, bad
// configurations, graceful stops, handed-over sockets.
package process

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

// self is a configuration in which Fairlead is its own origin.
func self(port, origin, more string) string {
	return `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "60s", server = "60s" }
[frontend.web]
bind = "127.0.0.1:` + port + `"
default-backend = "app"
[backend.app]
servers = ["127.0.0.1:` + origin + `"]
[frontend.origin]
bind = "127.0.0.1:` + origin + `"
http-request = [{ do = "use-service", service = "static", string = "hello\n" }]
` + more
}

// get asks once, on a connection of its own.
func get(t testing.TB, port string) (status int, body string) {
	t.Helper()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	res, err := c.Get("http://127.0.0.1:" + port + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// Sixty reloads, one every 100 ms, fail no request, on connections that are kept
// and on new ones.
func TestReloadUnderLoad(t *testing.T) {
	_, origin := lab.Nginx(t, `location / { return 200 "hello\n"; }`, "")
	port := lab.Port(t)
	f := lab.Fairlead(t, `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "30s", server = "30s" }
[frontend.web]
bind = "127.0.0.1:`+port+`"
default-backend = "app"
[backend.app]
servers = ["127.0.0.1:`+origin+`"]
`)
	wrk := lab.Need(t, "wrk")
	loads := map[string]*lab.Process{}
	for name, args := range map[string][]string{
		"kept": {"-c", "16"}, "closed": {"-c", "4", "-H", "Connection: close"},
	} {
		// It goes on until it is interrupted.
		all := append([]string{"-t", "1", "-d", "10m", "--timeout", "60s"}, args...)
		loads[name] = lab.Start(t, t.TempDir(), wrk, append(all, "http://127.0.0.1:"+port+"/")...)
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := range 60 {
		<-tick.C
		answer, err := admin.Ask(f.Socket(), "reload", time.Minute)
		if err != nil || !strings.HasPrefix(answer, "Success=1") {
			t.Fatalf("reload %d: %q, %v", n, answer, err)
		}
	}
	for name, l := range loads {
		l.Signal(t, os.Interrupt)
		code, out := l.Wait(t, 20*time.Second), l.Output()
		requests := regexp.MustCompile(`[1-9]\d* requests in.*`).FindString(out)
		if code != 0 || requests == "" || strings.Contains(out, "Socket errors") || strings.Contains(out, "Non-2xx") {
			t.Errorf("%s connections: exit status %d\n%s", name, code, out)
		}
		t.Logf("%s connections: %s", name, requests)
	}
}

// A configuration with errors changes nothing, and all errors are told.
// Who connects once a reload has answered gets the new configuration.
func TestReloadIsInForce(t *testing.T) {
	port := lab.Port(t)
	f := lab.Fairlead(t, `
[frontend.web]
mode = "http"
timeout = { client = "60s" }
bind = "127.0.0.1:`+port+`"
http-request = [{ do = "return", status = 200, content-type = "text/plain", string = "generation 0" }]
`)
	text, err := os.ReadFile(f.Config())
	if err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		want := fmt.Sprint("generation ", n+1)
		lab.Write(t, f.Config(), strings.ReplaceAll(string(text), "generation 0", want))
		if answer, err := admin.Ask(f.Socket(), "reload", time.Minute); err != nil {
			t.Fatalf("%q, %v", answer, err)
		}
		if _, body := get(t, port); body != want {
			t.Fatalf("after the reload: %q, want %q", body, want)
		}
	}
}

func TestBadReload(t *testing.T) {
	port, origin := lab.Port(t), lab.Port(t)
	f := lab.Fairlead(t, self(port, origin, ""))
	text, err := os.ReadFile(f.Config())
	if err != nil {
		t.Fatal(err)
	}
	lab.Write(t, f.Config(), string(text)+"\n[backend.x]\nbalnce = 1\nservers = [\"nope:port\"]\n")
	for name, reload := range map[string]func() (string, int){
		"the command": func() (string, int) {
			_, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket())
			return stderr, code
		},
		"validate": func() (string, int) {
			_, stderr, code := lab.Run(t, lab.Binary(t), "validate", "--config", f.Config())
			return stderr, code
		},
	} {
		errs, code := reload()
		if code != 2 || !strings.Contains(errs, `lb.toml:`) || !strings.Contains(errs, `unknown key "balnce"; did you mean "balance"?`) {
			t.Errorf("%s: exit status %d\n%s", name, code, errs)
		}
	}
	f.Signal(t, syscall.SIGHUP)
	lab.Until(t, 5*time.Second, "the failed reload is logged", func() bool { return strings.Contains(f.Output(), "was not replaced") })
	if status, body := get(t, port); status != 200 || body != "hello\n" {
		t.Errorf("after a bad reload: %d %q", status, body)
	}
	lab.Write(t, f.Config(), strings.ReplaceAll(string(text), "hello", "goodbye"))
	if _, stderr, code := lab.Run(t, lab.Binary(t), "reload", "--socket", f.Socket()); code != 0 {
		t.Fatalf("exit status %d\n%s", code, stderr)
	}
	if _, body := get(t, port); body != "goodbye\n" {
		t.Errorf("after a good reload: %q", body)
	}
}

// A request in progress ends before the process does, new connections are refused.
func TestGracefulStop(t *testing.T) {
	slow, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	arrived, release := make(chan struct{}), make(chan struct{})
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-release
		fmt.Fprint(w, "done")
	})}
	go func() { _ = s.Serve(slow) }() // until Close
	defer s.Close()
	port := lab.Port(t)
	f := lab.Fairlead(t, `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "60s", server = "60s" }
[frontend.web]
bind = "127.0.0.1:`+port+`"
default-backend = "app"
[backend.app]
servers = ["`+slow.Addr().String()+`"]
`)
	type answer struct {
		status int
		body   string
	}
	got := make(chan answer)
	go func() {
		status, body := get(t, port)
		got <- answer{status, body}
	}()
	<-arrived
	f.Signal(t, syscall.SIGTERM)
	lab.Until(t, 5*time.Second, "new connections are refused", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(release)
	if a := <-got; a.status != 200 || a.body != "done" {
		t.Errorf("the request in progress got %+v", a)
	}
	if code := f.Wait(t, 10*time.Second); code != 0 {
		t.Errorf("exit status %d", code)
	}
}

// hard-stop-after cuts what does not end, and a second signal does so at once.
func TestHardStop(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, limit := range map[string]string{"hard-stop-after": "1s", "a second signal": "5m"} {
		port := lab.Port(t)
		f := lab.Fairlead(t, `hard-stop-after = "`+limit+`"
[defaults]
mode = "http"
timeout = { connect = "5m", client = "5m", server = "5m" }
[listen.web]
bind = "127.0.0.1:`+port+`"
servers = ["`+silent.Addr().String()+`"]
`)
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		s, err := silent.Accept() // and never answers
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		f.Signal(t, syscall.SIGTERM)
		if name == "a second signal" {
			lab.Until(t, 5*time.Second, "it is stopping", func() bool { return strings.Contains(f.Output(), "stopping") })
			f.Signal(t, syscall.SIGTERM)
		}
		if code := f.Wait(t, 10*time.Second); code != 0 {
			t.Errorf("%s: exit status %d", name, code)
		}
	}
}

// A port in use, an unreadable file and a missing user are errors with their places.
func TestStartErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, c := range map[string]struct{ config, want string }{
		"port in use":     {"[frontend.a]\nbind = \"" + taken.Addr().String() + "\"\n", "lb.toml:2:8: frontend.a.bind: " + taken.Addr().String() + " is in use by another process"},
		"unreadable file": {"[frontend.a]\nmode = \"http\"\nbind = \"127.0.0.1:0\"\nerrorfile = { 503 = \"/does/not/exist\" }\n", "lb.toml:4:22"},
		"no such host":    {"[frontend.a]\nbind = \"127.0.0.1:0\"\ndefault-backend = \"b\"\n[backend.b]\nservers = [\"host.invalid:80\"]\n", "cannot resolve \"host.invalid\""},
		"nothing":         {"", "the configuration has no frontend"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "lb.toml")
			lab.Write(t, file, c.config)
			_, stderr, code := lab.Run(t, lab.Binary(t), "run", "--config", file)
			if code != 2 || !strings.Contains(stderr, c.want) {
				t.Errorf("exit status %d, want 2 and %q in\n%s", code, c.want, stderr)
			}
		})
	}
}

// From the start of the process to the first connection that is accepted. What the
// process computes is measured in processor time; what passes meanwhile is the
// machine's as well, and only has to be no wait.
func TestStartTime(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lb.toml")
	port, origin := lab.Port(t), lab.Port(t)
	lab.Write(t, file, "[global]\nstats-socket = \""+filepath.Join(filepath.Dir(file), "s")+"\"\n"+self(port, origin, ""))
	lab.Binary(t)
	used, took := time.Hour, time.Hour
	for range 5 {
		begin := time.Now()
		p := lab.Start(t, t.TempDir(), lab.Binary(t), "run", "--config", file)
		lab.Listening(t, p, port)
		took = min(took, time.Since(begin))
		used = min(used, p.ProcessorTime(t))
		p.Kill(t)
	}
	t.Logf("the first connection was accepted %v after the start, %v of processor time", took, used)
	limit := 100 * time.Millisecond
	if lab.RaceEnabled {
		limit *= 10 // the race detector's own start
	}
	if used > limit || took > 10*limit {
		t.Errorf("the first connection was accepted %v after the start and %v of processor time, want %v", took, used, limit)
	}
}

// --watch reloads when the file changes.
func TestWatch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lb.toml")
	port, origin := lab.Port(t), lab.Port(t)
	config := "[global]\nstats-socket = \"" + filepath.Join(filepath.Dir(file), "s") + "\"\n" + self(port, origin, "")
	lab.Write(t, file, config)
	p := lab.Start(t, t.TempDir(), lab.Binary(t), "run", "--watch", "--config", file)
	lab.Listening(t, p, port)
	lab.Write(t, file, strings.ReplaceAll(config, "hello", "changed"))
	lab.Until(t, 10*time.Second, "the change is in force", func() bool {
		_, body := get(t, port)
		return body == "changed\n"
	})
}

// systemd hands a listening socket over, and is told when all is ready.
func TestSocketActivation(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fd, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer fd.Close()
	dir := t.TempDir()
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer notify.Close()
	file := filepath.Join(dir, "lb.toml")
	lab.Write(t, file, `
[global]
stats-socket = "`+filepath.Join(dir, "s")+`"
[frontend.a]
mode = "http"
bind = "fd@3"
timeout = { client = "5s" }
http-request = [{ do = "use-service", service = "static", string = "activated\n" }]
`)
	cmd := exec.Command(lab.Binary(t), "run", "--config", file)
	cmd.ExtraFiles = []*os.File{fd}
	cmd.Env = append(os.Environ(), "LISTEN_FDS=1", "NOTIFY_SOCKET="+filepath.Join(dir, "notify"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	}()
	if err := notify.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 256)
	if n, err := notify.Read(b); err != nil || string(b[:n]) != "READY=1" {
		t.Fatalf("notified of %q, %v", b[:n], err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if status, body := get(t, port); status != 200 || body != "activated\n" {
		t.Errorf("%d %q", status, body)
	}
	for _, step := range []struct {
		signal syscall.Signal
		want   string
	}{{syscall.SIGHUP, "RELOADING=1"}, {syscall.SIGTERM, "STOPPING=1"}} {
		if err := cmd.Process.Signal(step.signal); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := notify.Read(b)
			if err != nil {
				t.Fatalf("waiting for %s: %v", step.want, err)
			}
			if strings.HasPrefix(string(b[:n]), step.want) {
				break
			}
		}
	}
}

// Log files are reopened on SIGUSR1, as after rotation.
func TestReopenLogs(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "access.log")
	port, origin := lab.Port(t), lab.Port(t)
	config := self(port, origin, "[[global.log]]\nto = \"file\"\npath = \""+log+"\"\n")
	f := lab.Fairlead(t, strings.Replace(config, "[defaults]", "[defaults]\nlog = \"global\"", 1))
	lines := func(name string) int {
		b, err := os.ReadFile(name)
		if err != nil {
			return -1
		}
		return strings.Count(string(b), "GET / HTTP/1.1")
	}
	get(t, port)
	lab.Until(t, 5*time.Second, "the line is in the file", func() bool { return lines(log) > 0 })
	if err := os.Rename(log, log+".1"); err != nil {
		t.Fatal(err)
	}
	f.Signal(t, syscall.SIGUSR1)
	lab.Until(t, 5*time.Second, "the file is made anew", func() bool { return lines(log) >= 0 })
	get(t, port)
	lab.Until(t, 5*time.Second, "lines go to the new file", func() bool { return lines(log) > 0 })
}
