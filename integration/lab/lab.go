// Package lab starts the real binary, and the real programs it is tested with,
// on ports and in directories of their own, and ends them with the test.
//
//	origin := lab.Nginx(t, `location / { return 200 "hello\n"; }`)
//	f := lab.Fairlead(t, config)
//	out := lab.Curl(t, "http://127.0.0.1:"+port+"/")
//
// A program that is missing skips the test, or fails it when FAIRLEAD_TEST_ALL
// is 1.
package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	// The binary is made of these: tests that passed before run again when they change.
	_ "github.com/fairleadproxy/fairlead/cmd/fairlead/cli"
	_ "github.com/fairleadproxy/fairlead/modules/standard/all"
)

// Need finds a program.
func Need(t testing.TB, program string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
			return path
		}
	}
	Missing(t, program+" is not installed")
	return ""
}

// Missing skips the test for want of something, or fails it where all has to run.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("FAIRLEAD_TEST_ALL") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// ports counts those that Port has looked at.
var ports atomic.Int64

// Port gives a TCP port of the loopback that is free, and another each time. It is
// none of those that the kernel gives to connections, which could take it before
// it is used, and test processes that run at the same time look in different places.
func Port(t testing.TB) string {
	t.Helper()
	for range 22000 {
		port := strconv.FormatInt(10000+(int64(os.Getpid()%220)*100+ports.Add(1))%22000, 10)
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// built are the programs that were built for the tests of a package.
var built struct {
	sync.Mutex
	paths map[string]string
}

// Binary gives the path of the fairlead binary.
func Binary(t testing.TB) string {
	t.Helper()
	return BinaryOf(t, "github.com/fairleadproxy/fairlead/cmd/fairlead")
}

// BinaryOf builds the program of a package, once for all tests of a package and
// with the build tags in FAIRLEAD_TEST_TAGS, and gives its path.
func BinaryOf(t testing.TB, pkg string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if path := built.paths[pkg]; path != "" {
		return path
	}
	dir, err := os.MkdirTemp("", "fairlead-lab")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "fairlead")
	args := []string{"build", "-o", path, "-tags", os.Getenv("FAIRLEAD_TEST_TAGS")}
	if RaceEnabled {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, pkg)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if built.paths == nil {
		built.paths = map[string]string{}
	}
	built.paths[pkg] = path
	return path
}

// Process is a program that runs.
type Process struct {
	Cmd  *exec.Cmd
	Dir  string // its working directory
	Args []string

	out  output
	done chan error
}

// output collects what a program writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

// Output gives what the program has written so far.
func (p *Process) Output() string {
	p.out.mu.Lock()
	defer p.out.mu.Unlock()
	return p.out.b.String()
}

// Start starts a program, which ends with the test.
func Start(t testing.TB, dir, program string, args ...string) *Process {
	t.Helper()
	return StartReading(t, nil, dir, program, args...)
}

// StartReading is Start for a program that reads what is typed.
func StartReading(t testing.TB, typed io.Reader, dir, program string, args ...string) *Process {
	t.Helper()
	p := &Process{Cmd: exec.Command(program, args...), Dir: dir, done: make(chan error, 1)}
	p.Cmd.Dir, p.Cmd.Stdin = dir, typed
	p.Cmd.Stdout, p.Cmd.Stderr = &p.out, &p.out
	p.Cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.Cmd.Wait() }()
	t.Cleanup(func() {
		_ = syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGKILL) // it may have ended
		out := p.Output()
		if at := defect(out); at >= 0 {
			t.Errorf("%s has a defect:\n%s", filepath.Base(program), Excerpt(out[at:]))
		}
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(program), Excerpt(out))
		}
	})
	return p
}

// defect gives the place of the first sign of one, or -1.
func defect(out string) int {
	for _, sign := range []string{"WARNING: DATA RACE", "panic"} {
		if at := strings.Index(out, sign); at >= 0 {
			return at
		}
	}
	return -1
}

// excerptLines is how many lines Excerpt leaves at each end.
const excerptLines = 40

// Excerpt gives the first and the last lines of what a program wrote: thousands of
// log lines would hide what a test says of its failure.
func Excerpt(out string) string {
	lines := strings.SplitAfter(out, "\n")
	left := len(lines) - 2*excerptLines
	if left <= 1 {
		return out
	}
	return strings.Join(lines[:excerptLines], "") + fmt.Sprintf("... %d lines ...\n", left) + strings.Join(lines[len(lines)-excerptLines:], "")
}

// Wait waits for the program's end and gives its exit status. The limit is that of
// an idle machine.
func (p *Process) Wait(t testing.TB, limit time.Duration) int {
	t.Helper()
	select {
	case err := <-p.done:
		p.done <- err
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode()
		}
		if err != nil {
			t.Fatal(err)
		}
		return 0
	case <-time.After(busy(limit)):
		t.Fatalf("%s goes on after %v:\n%s", p.Cmd.Path, busy(limit), Excerpt(p.Output()))
		return -1
	}
}

// ended reports whether the program has ended.
func (p *Process) ended() bool {
	select {
	case err := <-p.done:
		p.done <- err
		return true
	default:
		return false
	}
}

// Signal sends a signal.
func (p *Process) Signal(t testing.TB, s os.Signal) {
	t.Helper()
	if err := p.Cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the program and all that it started, at once.
func (p *Process) Kill(t testing.TB) {
	t.Helper()
	if err := syscall.Kill(-p.Cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-p.done
	p.done <- nil
}

// Fairlead runs the binary with a configuration until it listens.
func Fairlead(t testing.TB, config string) *Process {
	t.Helper()
	return FairleadOf(t, Binary(t), config)
}

// FairleadOf is Fairlead with a binary of the test's own.
func FairleadOf(t testing.TB, binary, config string) *Process {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "lb.toml")
	Write(t, file, "[global]\nstats-socket = \""+filepath.Join(dir, "admin.sock")+"\"\n"+config)
	p := Start(t, dir, binary, "run", "--config", file)
	Until(t, 20*time.Second, "fairlead listens", func() bool {
		select {
		case err := <-p.done:
			t.Fatalf("fairlead ended: %v\n%s", err, Excerpt(p.Output()))
		default:
		}
		return strings.Contains(p.Output(), " listens at ")
	})
	return p
}

// Config gives the path of the configuration that Fairlead was started with.
func (p *Process) Config() string { return filepath.Join(p.Dir, "lb.toml") }

// Socket gives the path of the socket for commands.
func (p *Process) Socket() string { return filepath.Join(p.Dir, "admin.sock") }

// HAProxy runs HAProxy with a configuration until it listens at the port.
func HAProxy(t testing.TB, config, port string) *Process {
	t.Helper()
	program := Need(t, "haproxy")
	dir := t.TempDir()
	Write(t, filepath.Join(dir, "haproxy.cfg"), config)
	p := Start(t, dir, program, "-db", "-f", "haproxy.cfg")
	Listening(t, p, port)
	return p
}

// Nginx runs nginx as an origin with what stands in its server block, and gives
// it and its port. extra are further server blocks.
func Nginx(t testing.TB, server, extra string) (*Process, string) {
	t.Helper()
	program := Need(t, "nginx")
	dir, port := t.TempDir(), Port(t)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // its workers read the test's files
	}
	Write(t, filepath.Join(dir, "nginx.conf"), user+`
daemon off;
pid nginx.pid;
worker_processes 2;
error_log stderr warn;
events { worker_connections 2048; }
http {
	access_log off;
	keepalive_requests 1000000;
	client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
	server { listen 127.0.0.1:`+port+` backlog=4096; root `+dir+`; `+server+` }
	`+extra+`
}`)
	p := Start(t, dir, program, "-p", dir, "-c", "nginx.conf", "-e", "stderr")
	Listening(t, p, port)
	return p, port
}

// Listening waits until a program takes connections at the port.
func Listening(t testing.TB, p *Process, port string) {
	t.Helper()
	Until(t, 10*time.Second, "something listens at port "+port, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

// busy gives the limit on a machine that does much else at the same time, for one
// of an idle machine. Only what fails takes that long.
func busy(limit time.Duration) time.Duration { return max(4*limit, time.Minute) }

// Until waits until a condition holds. The limit is that of an idle machine.
func Until(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(busy(limit)); ; time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("it did not come to be that %s", what)
		}
	}
}

// Write writes a file.
func Write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Run runs a program to its end and gives what it wrote and its exit status.
func Run(t testing.TB, program string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(program, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
