package bench

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestHTTP3BesideCaddy loads Fairlead and Caddy in turns by HTTP/3, with the same
// origin, and compares the processor time that each spends on a request: Caddy,
// on the same QUIC library, has to need half as much again at least.
func TestHTTP3BesideCaddy(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector is no load to compare under; see .ci/run")
	}
	caddy := lab.Need(t, "caddy")
	_, origin := lab.Nginx(t, `location / { return 200 "`+strings.Repeat("x", 1000)+`"; }`, "")
	cert := lab.Certificate(t)
	ours, theirs := lab.Port(t), lab.Port(t)
	f := lab.Fairlead(t, `
[defaults]
mode = "http"
timeout = { connect = "5s", client = "30s", server = "30s" }
[listen.web]
bind = { address = "quic@127.0.0.1:`+ours+`", tls = "`+cert+`" }
http-reuse = "always"
servers = ["127.0.0.1:`+origin+`"]
`)
	dir := t.TempDir()
	lab.Write(t, filepath.Join(dir, "Caddyfile"), `
{
  admin off
  auto_https off
}
https://localhost:`+theirs+` {
  bind 127.0.0.1
  tls `+cert+` `+cert+`.key
  reverse_proxy 127.0.0.1:`+origin+`
}
`)
	t.Setenv("HOME", dir)
	c := lab.Start(t, dir, caddy, "run", "--config", "Caddyfile", "--adapter", "caddyfile")
	lab.Listening(t, c, theirs)
	cost := map[string][]float64{}
	for range 3 {
		for name, p := range map[string]struct {
			pid  int
			port string
		}{"fairlead": {f.Cmd.Process.Pid, ours}, "caddy": {c.Cmd.Process.Pid, theirs}} {
			before := processorTime(t, p.pid)
			n := load(t, p.port, time.Second)
			cost[name] = append(cost[name], float64(processorTime(t, p.pid)-before)/float64(n))
		}
	}
	for _, list := range cost {
		slices.Sort(list)
	}
	ratio := cost["caddy"][1] / cost["fairlead"][1]
	t.Logf("microseconds of processor time for a request: fairlead %.1f, caddy %.1f, %.2f times", cost["fairlead"][1], cost["caddy"][1], ratio)
	if ratio < 1.5 {
		t.Errorf("Caddy needs %.2f times the processor time, want 1.5", ratio)
	}
}

// processorTime gives what a process has used, in microseconds.
func processorTime(t *testing.T, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	total := int64(0)
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	const tick = 10_000 // of 100 a second
	return total * tick
}

// load sends requests for a time, over a few connections with many streams
// each, and gives how many were answered.
func load(t *testing.T, port string, d time.Duration) int64 {
	t.Helper()
	var done atomic.Int64
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	for range 4 {
		tr := &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"}}
		defer tr.Close()
		for range 16 {
			wg.Go(func() {
				for ctx.Err() == nil {
					r, err := http.NewRequest(http.MethodGet, "https://"+net.JoinHostPort("127.0.0.1", port)+"/", nil)
					if err != nil {
						t.Error(err)
						return
					}
					r.Host = "localhost:" + port
					res, err := tr.RoundTrip(r)
					if err != nil {
						t.Error(err)
						return
					}
					n, err := io.Copy(io.Discard, res.Body)
					res.Body.Close()
					if err != nil || n != 1000 || res.StatusCode != 200 {
						t.Errorf("%d, %d bytes, %v", res.StatusCode, n, err)
						return
					}
					done.Add(1)
				}
			})
		}
	}
	wg.Wait()
	return done.Load()
}
