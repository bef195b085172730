package prometheus

import (
	"net/http"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/service"
	"github.com/fairleadproxy/fairlead/core/stats"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

func TestConformance(t *testing.T) { moduletest.Run(t, service.Kind, "prometheus") }

// snapshot has a bit of everything.
func snapshot() stats.Snapshot {
	return stats.Snapshot{
		Modules: []stats.Metric{
			{Name: "acme_open", Help: "Those \\ that\nare open", Gauge: true, Value: 2}, {Name: "no name", Value: 1},
			{Name: "acme_things_total", Help: "Things", Labels: []string{"kind", "a"}, Value: 5}, {Name: "acme_things_total", Help: "Things", Labels: []string{"kind", "b"}},
		},
		Process:   stats.Process{Version: "v1", Started: time.Now(), Threads: 2},
		Frontends: []stats.Frontend{{Name: `we"b`, Open: true, QUIC: stats.QUIC{Malformed: 3}, Counters: stats.Counters{Requests: 7, Responses: [6]int64{0, 0, 6, 0, 1, 0}}}},
		Backends: []stats.Backend{{Name: "app", Up: true, Servers: []stats.Server{
			{Name: "s1", State: stats.Up, Weight: 1, Limit: 10}, {Name: "s2", State: stats.Maint},
		}}},
	}
}

func TestSamples(t *testing.T) {
	got := string(render(snapshot(), selection{process: true, frontends: true, backends: true, servers: true}))
	for _, want := range []string{
		"\n" + `haproxy_frontend_http_requests_total{proxy="we\"b"} 7` + "\n",
		"\n" + `haproxy_frontend_http_responses_total{proxy="we\"b",code="2xx"} 6` + "\n",
		"\n" + `haproxy_frontend_quic_dropped_parsing{proxy="we\"b"} 3` + "\n",
		"\n" + `haproxy_server_status{proxy="app",server="s1",state="UP"} 1` + "\n",
		"\n" + `haproxy_server_status{proxy="app",server="s2",state="MAINT"} 1` + "\n",
		"\n" + `haproxy_server_limit_sessions{proxy="app",server="s1"} 10` + "\n",
		"\n" + `haproxy_server_limit_sessions{proxy="app",server="s2"} NaN` + "\n",
		"\n# TYPE haproxy_process_nbthread gauge\n",
		"\n" + `# HELP acme_open Those \\ that\nare open` + "\n# TYPE acme_open gauge\nacme_open 2\n",
		"\n# TYPE acme_things_total counter\n" + `acme_things_total{kind="a"} 5` + "\n" + `acme_things_total{kind="b"} 0` + "\n",
	} {
		if !strings.Contains(got, want) && !strings.HasPrefix(got, want[1:]) {
			t.Errorf("there is no %q", want)
		}
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+)`).FindAllStringSubmatch(got, -1) {
		if seen[m[1]] {
			t.Errorf("%s comes twice", m[1])
		}
		seen[m[1]] = true
	}
}

func TestScope(t *testing.T) {
	for target, want := range map[string]string{
		"/metrics":                               "process frontend backend server",
		"/metrics?scope=server":                  "server",
		"/metrics?scope=global&scope=backend":    "process backend",
		"/metrics?scope=frontend&scope=listener": "frontend",
		"/metrics?scope=*":                       "process frontend backend server",
	} {
		sel, err := parse(target)
		if err != nil {
			t.Fatal(err)
		}
		out := string(render(snapshot(), sel))
		var got []string
		for _, part := range []string{"process", "frontend", "backend", "server"} {
			if strings.Contains(out, "haproxy_"+part+"_") {
				got = append(got, part)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s shows %v, want %s", target, got, want)
		}
	}
	if _, err := parse("/metrics?scope=clients"); err == nil {
		t.Error("an unknown scope is taken")
	}
	sel, err := parse("/metrics?no-maint")
	if err != nil || strings.Contains(string(render(snapshot(), sel)), `"s2"`) {
		t.Errorf("no-maint shows servers in maintenance: %v", err)
	}
}

// get reads a URL.
func get(t *testing.T, url string) string {
	t.Helper()
	out, errs, code := lab.Run(t, lab.Need(t, "curl"), "-s", "--fail", url)
	if code != 0 {
		t.Fatalf("%s: %s", url, errs)
	}
	return out
}

// samples gives the names of metrics with their labels, but not the values.
func samples(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			set[name] = true
		}
	}
	return set
}

// names gives the names of metrics in a document.
func names(text string) map[string]bool {
	set := map[string]bool{}
	for sample := range samples(text) {
		name, _, _ := strings.Cut(sample, "{")
		set[name] = true
	}
	return set
}

// lacking gives the patterns of README's table of metrics that are not there.
func lacking(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "| Not there |")
	if !ok {
		t.Fatal("README.md has no table of what is not there")
	}
	var list []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			for _, m := range regexp.MustCompile("`([a-z_*]+)`").FindAllStringSubmatch(cells[1], -1) {
				list = append(list, "haproxy_"+m[1])
			}
		}
	}
	return list
}

// everything checks that we have each metric that HAProxy has, but for those that
// README.md says are not there, and that these are not.
func everything(t *testing.T, theirs, our map[string]bool) {
	t.Helper()
	excused := map[string]bool{}
	for name := range theirs {
		said := false
		for _, pattern := range lacking(t) {
			if ok, err := path.Match(pattern, name); err != nil {
				t.Fatal(err)
			} else if ok {
				said, excused[pattern] = true, true
			}
		}
		if said == our[name] {
			t.Errorf("%s: it is there: %v, README.md says that it is not: %v", name, our[name], said)
		}
	}
	for _, pattern := range lacking(t) {
		if !excused[pattern] {
			t.Errorf("HAProxy has no %s, which README.md says is not there", pattern)
		}
	}
}

// ours are the metrics that HAProxy does not have, or not by this name in 2.6.
var ours = []string{"haproxy_process_parked_connections", "haproxy_process_defects_total", "_mptcp_", "current_session_rate", "haproxy_process_build_info", "_quic_", "_h2_", "_ssl_"}

// TestBesideHAProxy compares names and labels with those of HAProxy's exporter,
// in front of the same server, and the counters after the same requests.
func TestBesideHAProxy(t *testing.T) {
	_, origin := lab.Nginx(t, `location / { return 200 "hello\n"; } location /gone { return 404 "gone\n"; }`, "")
	theirs, our := lab.Port(t), lab.Port(t)
	lab.HAProxy(t, `
defaults
  mode http
  timeout connect 30s
  timeout client 30s
  timeout server 30s
frontend web
  bind 127.0.0.1:`+theirs+`
  http-request use-service prometheus-exporter if { path /metrics }
  default_backend app
backend app
  server s1 127.0.0.1:`+origin+` maxconn 100 check inter 100ms
  server s2 127.0.0.1:1 disabled
`, theirs)
	lab.FairleadOf(t, lab.BinaryOf(t, "github.com/fairleadproxy/fairlead/plugins/prometheus/testdata/binary"), `
[defaults]
mode = "http"
timeout = { connect = "30s", client = "30s", server = "30s" }
[frontend.web]
bind = "127.0.0.1:`+our+`"
http-request = [{ do = "use-service", service = "prometheus", if = "{ path /metrics }" }]
default-backend = "app"
[backend.app]
servers = [{ address = "127.0.0.1:`+origin+`", maxconn = 100, check = { inter = "100ms" } }, { address = "127.0.0.1:1", disabled = true }]
`)
	texts := map[string]string{}
	for port := range map[string]bool{theirs: true, our: true} {
		base := "http://127.0.0.1:" + port
		get(t, base+"/")
		get(t, base+"/")
		if res, err := http.Get(base + "/gone"); err != nil || res.StatusCode != 404 {
			t.Fatalf("%v, %v", res, err)
		}
		lab.Until(t, 10*time.Second, "the server is checked", func() bool {
			texts[port] = get(t, base+"/metrics")
			return strings.Contains(texts[port], `haproxy_server_check_status{proxy="app",server="s1",state="L4OK"} 1`)
		})
	}
	everything(t, names(texts[theirs]), names(texts[our]))
	known := samples(texts[theirs])
	for name := range samples(texts[our]) {
		if !known[name] && !slices.ContainsFunc(ours, func(part string) bool { return strings.Contains(name, part) }) {
			t.Errorf("HAProxy has no %s", name)
		}
	}
	for _, name := range []string{
		`haproxy_backend_http_requests_total{proxy="app"}`, `haproxy_backend_http_responses_total{proxy="app",code="2xx"}`,
		`haproxy_server_http_responses_total{proxy="app",server="s1",code="4xx"}`, `haproxy_server_limit_sessions{proxy="app",server="s1"}`,
		`haproxy_backend_agg_server_status{proxy="app",state="MAINT"}`, `haproxy_backend_agg_check_status{proxy="app",state="L4OK"}`,
		`haproxy_server_check_failures_total{proxy="app",server="s1"}`, `haproxy_server_check_up_down_total{proxy="app",server="s1"}`,
		`haproxy_server_uweight{proxy="app",server="s1"}`, `haproxy_backend_uweight{proxy="app"}`, `haproxy_server_current_throttle{proxy="app",server="s1"}`,
		`haproxy_frontend_internal_errors_total{proxy="web"}`, `haproxy_server_status{proxy="app",server="s2",state="MAINT"}`, `haproxy_backend_active_servers{proxy="app"}`,
		`haproxy_frontend_http_responses_total{proxy="web",code="2xx"}`,
	} {
		value := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`)
		a, b := value.FindStringSubmatch(texts[our]), value.FindStringSubmatch(texts[theirs])
		if a == nil || b == nil || a[1] != b[1] {
			t.Errorf("%s: %v, HAProxy has %v", name, a, b)
		}
	}
	if promtool, err := exec.LookPath("promtool"); err == nil {
		cmd := exec.Command(promtool, "check", "metrics")
		cmd.Stdin = strings.NewReader(texts[our])
		if out, err := cmd.CombinedOutput(); err != nil && strings.Contains(string(out), "error while linting") {
			t.Errorf("promtool: %s", out)
		}
	}
}
