package prometheus

import (
	"math"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/stats"
)

// text is a document of metrics in the making.
type text struct{ b []byte }

// family begins a metric: its name without the first part, its type, and what
// it is.
func (t *text) family(name, kind, help string) { t.begin("haproxy_"+name, kind, help) }

func (t *text) begin(name, kind, help string) {
	t.b = append(t.b, "# HELP "+name+" "+escapeHelp.Replace(help)+"\n# TYPE "+name+" "+kind+"\n"...)
}

// sample adds a value; labels are names and values in turn.
func (t *text) sample(name string, value float64, labels ...string) {
	t.value("haproxy_"+name, value, labels...)
}

func (t *text) value(name string, value float64, labels ...string) {
	t.b = append(t.b, name...)
	for i := 0; i+1 < len(labels); i += 2 {
		if i == 0 {
			t.b = append(t.b, '{')
		} else {
			t.b = append(t.b, ',')
		}
		t.b = append(t.b, labels[i]+`="`+escape.Replace(labels[i+1])+`"`...)
	}
	if len(labels) > 1 {
		t.b = append(t.b, '}')
	}
	t.b = append(t.b, ' ')
	if value == math.Trunc(value) && math.Abs(value) < 1<<53 {
		t.b = strconv.AppendInt(t.b, int64(value), 10)
	} else {
		t.b = strconv.AppendFloat(t.b, value, 'g', -1, 64)
	}
	t.b = append(t.b, '\n')
}

var (
	escape     = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	escapeHelp = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
)

// one adds a metric that has one value.
func (t *text) one(name, kind, help string, value float64, labels ...string) {
	t.family(name, kind, help)
	t.sample(name, value, labels...)
}

// limit gives a limit as Prometheus shows it, which has no word for none.
func limit(n int64) float64 {
	if n <= 0 {
		return math.NaN()
	}
	return float64(n)
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// render writes what is wanted of a snapshot.
func render(s stats.Snapshot, want selection) []byte {
	t := &text{b: make([]byte, 0, 16<<10)}
	if want.process {
		t.process(&s)
		t.modules(s.Modules)
	}
	if want.frontends {
		t.frontends(s.Frontends)
	}
	if want.backends {
		t.backends(s.Backends)
	}
	if want.servers {
		t.servers(s.Backends, want.noMaint)
	}
	return t.b
}

func (t *text) process(s *stats.Snapshot) {
	p := &s.Process
	var tls, out int64
	for i := range s.Frontends {
		tls += s.Frontends[i].TLSSessions
		out += s.Frontends[i].BytesOut
	}
	for i := range s.Backends {
		for j := range s.Backends[i].Servers {
			tls += s.Backends[i].Servers[j].TLSSessions
		}
	}
	t.one("process_nbthread", "gauge", "Processors that are used at once.", float64(p.Threads))
	t.one("process_nbproc", "gauge", "Worker processes: always 1.", 1)
	t.one("process_relative_process_id", "gauge", "Which of the worker processes it is: always 1.", 1)
	t.one("process_uptime_seconds", "gauge", "Seconds since the process began.", math.Trunc(time.Since(p.Started).Seconds()))
	t.one("process_start_time_seconds", "gauge", "When the process began, in Unix time.", float64(p.Started.Unix()))
	t.one("process_max_connections", "gauge", "Connections of clients that may be open at once.", limit(p.Limit))
	t.one("process_hard_max_connections", "gauge", "The same limit: it is not lowered at run time.", limit(p.Limit))
	t.one("process_current_connections", "gauge", "Connections of clients that are open.", float64(p.Sessions))
	t.one("process_connections_total", "counter", "Connections that clients have opened.", float64(p.SessionsTotal))
	t.one("process_requests_total", "counter", "Requests of HTTP that have come.", float64(p.Requests))
	t.one("process_current_connection_rate", "gauge", "Connections opened in the last second.", float64(p.SessionRate))
	t.one("process_max_connection_rate", "gauge", "The most connections opened in any second.", float64(p.MaxSessionRate))
	t.one("process_current_session_rate", "gauge", "Sessions begun in the last second, which are connections of clients.", float64(p.SessionRate))
	t.one("process_max_session_rate", "gauge", "The most sessions begun in any second.", float64(p.MaxSessionRate))
	t.one("process_max_ssl_connections", "gauge", "Connections with TLS that may be open at once, 0 for any number.", float64(p.MaxTLSConns))
	t.one("process_limit_ssl_rate", "gauge", "TLS handshakes that may begin in a second, 0 for any number.", float64(p.MaxTLSRate))
	t.one("process_ssl_connections_total", "counter", "TLS handshakes that succeeded, on both sides.", float64(tls))
	t.one("process_bytes_out_total", "counter", "Bytes that went to clients.", float64(out))
	t.one("process_pool_used_bytes", "gauge", "Storage that buffers hold, in bytes.", float64(p.Buffers*int64(p.BufSize)))
	t.one("process_stopping", "gauge", "1 while the process ends its connections.", flag(p.Stopping))
	t.one("process_listeners", "gauge", "Frontends at work.", float64(len(s.Frontends)))
	t.one("process_build_info", "gauge", "The version, as a label.", 1, "version", p.Version, "go", runtime.Version())
	t.family("process_parked_connections", "gauge", "Idle connections of clients that cost no more than their socket.")
	t.sample("process_parked_connections", float64(p.Parked))
	t.one("process_defects_total", "counter", "Streams that ended by a defect of Fairlead.", float64(p.Panics))
}

// modules adds what modules count by themselves, under the names they give. One
// that is no name for Prometheus would spoil the whole document, and is left out.
func (t *text) modules(list []stats.Metric) {
	for i, m := range list {
		if !module.ValidMetric(m.Name) {
			continue
		}
		if i == 0 || list[i-1].Name != m.Name {
			kind := "counter"
			if m.Gauge {
				kind = "gauge"
			}
			t.begin(m.Name, kind, m.Help)
		}
		t.value(m.Name, float64(m.Value), m.Labels...)
	}
}

// column is a metric that every frontend, backend or server has.
type column struct {
	name, kind, help string
	value            func(c *stats.Counters) float64
}

// The columns of all.
var (
	sessions = []column{
		{"current_sessions", "gauge", "Sessions in progress.", func(c *stats.Counters) float64 { return float64(c.Sessions) }},
		{"max_sessions", "gauge", "The most sessions that were in progress at once.", func(c *stats.Counters) float64 { return float64(c.MaxSessions) }},
		{"sessions_total", "counter", "Sessions begun.", func(c *stats.Counters) float64 { return float64(c.SessionsTotal) }},
		{"current_session_rate", "gauge", "Sessions begun in the last second.", func(c *stats.Counters) float64 { return float64(c.SessionRate) }},
		{"max_session_rate", "gauge", "The most sessions begun in any second.", func(c *stats.Counters) float64 { return float64(c.MaxSessionRate) }},
		{"bytes_in_total", "counter", "Bytes that came from clients.", func(c *stats.Counters) float64 { return float64(c.BytesIn) }},
		{"bytes_out_total", "counter", "Bytes that went to clients.", func(c *stats.Counters) float64 { return float64(c.BytesOut) }},
		{"responses_denied_total", "counter", "Responses that rules have refused.", func(c *stats.Counters) float64 { return float64(c.ResponsesDenied) }},
		{"mptcp_connections_total", "counter", "Connections that spoke Multipath TCP.", func(c *stats.Counters) float64 { return float64(c.MPTCP) }},
		{"mptcp_fallbacks_total", "counter", "Connections that came down to plain TCP.", func(c *stats.Counters) float64 { return float64(c.MPTCPPlain) }},
	}
	requests = []column{
		{"requests_denied_total", "counter", "Requests that rules have refused.", func(c *stats.Counters) float64 { return float64(c.RequestsDenied) }},
		{"http_requests_total", "counter", "Requests of HTTP.", func(c *stats.Counters) float64 { return float64(c.Requests) }},
	}
	toClients = []column{
		{"request_errors_total", "counter", "Requests that broke off or were malformed.", func(c *stats.Counters) float64 { return float64(c.RequestErrors) }},
		{"connections_total", "counter", "Connections of clients.", func(c *stats.Counters) float64 { return float64(c.SessionsTotal) }},
		{"connections_rate_max", "gauge", "The most connections of clients in any second.", func(c *stats.Counters) float64 { return float64(c.MaxSessionRate) }},
		{"internal_errors_total", "counter", "Streams that ended by a defect of Fairlead.", func(c *stats.Counters) float64 { return float64(c.Panics) }},
		{"ssl_sess", "counter", "TLS handshakes that succeeded.", func(c *stats.Counters) float64 { return float64(c.TLSSessions) }},
		{"ssl_reused_sess", "counter", "TLS handshakes that resumed a session.", func(c *stats.Counters) float64 { return float64(c.TLSReused) }},
		{"ssl_failed_handshake", "counter", "TLS handshakes that failed.", func(c *stats.Counters) float64 { return float64(c.TLSFailed) }},
	}
	toServers = []column{
		{"connection_errors_total", "counter", "Streams that got no connection to a server.", func(c *stats.Counters) float64 { return float64(c.ConnectionErrors) }},
		{"response_errors_total", "counter", "Responses that failed or were malformed.", func(c *stats.Counters) float64 { return float64(c.ResponseErrors) }},
		{"retry_warnings_total", "counter", "Attempts that were repeated.", func(c *stats.Counters) float64 { return float64(c.Retries) }},
		{"redispatch_warnings_total", "counter", "Streams that went on to another server.", func(c *stats.Counters) float64 { return float64(c.Redispatches) }},
		{"client_aborts_total", "counter", "Streams that clients broke off.", func(c *stats.Counters) float64 { return float64(c.ClientAborts) }},
		{"server_aborts_total", "counter", "Streams that servers broke off.", func(c *stats.Counters) float64 { return float64(c.ServerAborts) }},
	}
	muxes = []column{
		{"h2_glitches", "counter", "Oddities of HTTP/2, for servers also of HTTP/3.", func(c *stats.Counters) float64 { return float64(c.Mux.Glitches) }},
		{"h2_detected_conn_protocol_errors", "counter", "Connections ended for a breach of the same.", func(c *stats.Counters) float64 { return float64(c.Mux.Conns) }},
		{"h2_detected_strm_protocol_errors", "counter", "Streams reset for a breach of the same.", func(c *stats.Counters) float64 { return float64(c.Mux.Streams) }},
	}
	connections = []column{
		{"connection_attempts_total", "counter", "Connections opened to servers.", func(c *stats.Counters) float64 { return float64(c.Connects) }},
		{"connection_reuses_total", "counter", "Requests sent over a connection that was there.", func(c *stats.Counters) float64 { return float64(c.Reuses) }},
	}
)

// owner is one of those that have columns: its counters and labels.
type owner struct {
	c      *stats.Counters
	labels []string
}

// columns writes metrics of every owner.
func (t *text) columns(prefix string, owners []owner, groups ...[]column) {
	for _, group := range groups {
		for _, col := range group {
			t.family(prefix+col.name, col.kind, col.help)
			for _, o := range owners {
				t.sample(prefix+col.name, col.value(o.c), o.labels...)
			}
		}
	}
	t.family(prefix+"http_responses_total", "counter", "Responses of HTTP, by the class of their status.")
	for _, o := range owners {
		for i, code := range []string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"} {
			t.sample(prefix+"http_responses_total", float64(o.c.Responses[i]), append(o.labels[:len(o.labels):len(o.labels)], "code", code)...)
		}
	}
}

// each writes a metric of every owner, whose value is found by its place.
func (t *text) each(name, kind, help string, owners []owner, value func(i int) float64) {
	t.family(name, kind, help)
	for i, o := range owners {
		t.sample(name, value(i), o.labels...)
	}
}

// states writes which of the states every owner is in.
func (t *text) states(name string, owners []owner, states []string, is func(i int) string) {
	t.family(name, "gauge", "1 for the state that holds.")
	for i, o := range owners {
		for _, state := range states {
			t.sample(name, flag(is(i) == state), append(o.labels[:len(o.labels):len(o.labels)], "state", state)...)
		}
	}
}

func (t *text) frontends(list []stats.Frontend) {
	owners := make([]owner, len(list))
	for i := range list {
		owners[i] = owner{&list[i].Counters, []string{"proxy", list[i].Name}}
	}
	t.columns("frontend_", owners, sessions, requests, toClients, muxes)
	t.each("frontend_limit_sessions", "gauge", "Sessions that may be in progress at once.", owners, func(i int) float64 { return limit(list[i].Limit) })
	t.states("frontend_status", owners, []string{"DOWN", "UP"}, func(i int) string { return upOrDown(list[i].Open) })
	for _, c := range quic {
		t.each("frontend_quic_"+c.name, c.kind, c.help, owners, func(i int) float64 { return float64(c.value(&list[i])) })
	}
}

// quic are the metrics of frontends' quic@ binds, by HAProxy's names where it has them.
var quic = []struct {
	name, kind, help string
	value            func(*stats.Frontend) int64
}{
	{"dropped_packet", "counter", "Packets of QUIC that were passed over.", func(f *stats.Frontend) int64 { return f.QUIC.Dropped }},
	{"dropped_parsing", "counter", "Packets that break the rules of QUIC.", func(f *stats.Frontend) int64 { return f.QUIC.Malformed }},
	{"transp_err_connection_refused", "counter", "Connections of QUIC that rules have refused.", func(f *stats.Frontend) int64 { return f.QUIC.Refused }},
	{"retry_sent", "counter", "Times that a client had to prove its address.", func(f *stats.Frontend) int64 { return f.QUIC.Retries }},
	{"half_open_conn", "gauge", "Handshakes of QUIC in progress.", func(f *stats.Frontend) int64 { return f.QUIC.HalfOpen }},
	{"glitches", "counter", "Oddities of clients of HTTP/3.", func(f *stats.Frontend) int64 { return f.QUIC.Glitches }},
	{"detected_conn_protocol_errors", "counter", "Connections ended for a breach of HTTP/3.", func(f *stats.Frontend) int64 { return f.QUIC.Conns }},
	{"detected_strm_protocol_errors", "counter", "Requests reset for a breach of HTTP/3.", func(f *stats.Frontend) int64 { return f.QUIC.Streams }},
}

func upOrDown(up bool) string {
	if up {
		return "UP"
	}
	return "DOWN"
}

func (t *text) backends(list []stats.Backend) {
	owners := make([]owner, len(list))
	for i := range list {
		owners[i] = owner{&list[i].Counters, []string{"proxy", list[i].Name}}
	}
	t.columns("backend_", owners, sessions, requests, toServers, connections)
	t.each("backend_current_queue", "gauge", "Streams that wait for any server.", owners, func(i int) float64 { return float64(list[i].Queued) })
	t.each("backend_max_queue", "gauge", "The most streams that waited for any server.", owners, func(i int) float64 { return float64(list[i].MaxQueued) })
	t.each("backend_weight", "gauge", "The weights of the servers at work.", owners, func(i int) float64 { return float64(list[i].Weight) })
	t.each("backend_uweight", "gauge", "The same, without slow starts.", owners, func(i int) float64 { return float64(list[i].UserWeight) })
	t.each("backend_active_servers", "gauge", "Servers at work that are no backups.", owners, func(i int) float64 { return float64(list[i].Active) })
	t.each("backend_backup_servers", "gauge", "Backup servers at work.", owners, func(i int) float64 { return float64(list[i].Backup) })
	t.states("backend_status", owners, []string{"DOWN", "UP"}, func(i int) string { return upOrDown(list[i].Up) })
	for _, name := range []string{"backend_agg_server_status", "backend_agg_server_check_status"} { // HAProxy has had both
		t.counts(name, owners, serverStates, list, func(s *stats.Server) string { return string(s.State) })
	}
	t.counts("backend_agg_check_status", owners, checkCodes, list, checkCode)
}

// counts writes how many of a backend's servers are in each state.
func (t *text) counts(name string, owners []owner, states []string, list []stats.Backend, of func(*stats.Server) string) {
	t.family(name, "gauge", "The servers in each state.")
	for i, o := range owners {
		n := map[string]int{}
		for j := range list[i].Servers {
			n[of(&list[i].Servers[j])]++
		}
		for _, state := range states {
			t.sample(name, float64(n[state]), append(o.labels[:len(o.labels):len(o.labels)], "state", state)...)
		}
	}
}

// serverStates are those of servers, checkCodes the results of checks that HAProxy
// tells of.
var (
	serverStates = []string{"DOWN", "UP", "MAINT", "DRAIN", "NOLB"}
	checkCodes   = []string{"HANA", "SOCKERR", "L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7TOUT", "L7RSP", "L7OK", "L7OKC", "L7STS", "PROCERR", "PROCTOUT", "PROCOK"}
)

func checkCode(s *stats.Server) string {
	if s.Check == nil {
		return ""
	}
	return s.Check.Code
}

func (t *text) servers(backends []stats.Backend, noMaint bool) {
	var list []*stats.Server
	var owners []owner
	for i := range backends {
		for j := range backends[i].Servers {
			s := &backends[i].Servers[j]
			if noMaint && s.State == stats.Maint {
				continue
			}
			list = append(list, s)
			owners = append(owners, owner{&s.Counters, []string{"proxy", backends[i].Name, "server", s.Name}})
		}
	}
	t.columns("server_", owners, sessions, toServers, connections, muxes)
	t.each("server_current_queue", "gauge", "Streams that wait for the server.", owners, func(i int) float64 { return float64(list[i].Queued) })
	t.each("server_queue_limit", "gauge", "Streams that may wait for the server.", owners, func(i int) float64 { return limit(list[i].QueueLimit) })
	t.each("server_limit_sessions", "gauge", "Sessions that may be in progress at once.", owners, func(i int) float64 { return limit(list[i].Limit) })
	t.each("server_weight", "gauge", "The weight in force.", owners, func(i int) float64 { return float64(list[i].Weight) })
	t.each("server_idle_connections_current", "gauge", "Connections kept for another request.", owners, func(i int) float64 { return float64(list[i].Idle) })
	t.each("server_idle_connections_limit", "gauge", "How many of those may be kept.", owners, func(i int) float64 { return limit(list[i].IdleLimit) })
	t.each("server_max_queue", "gauge", "The most streams that waited for the server.", owners, func(i int) float64 { return float64(list[i].MaxQueued) })
	t.each("server_uweight", "gauge", "The weight that was given, without slow start.", owners, func(i int) float64 { return float64(list[i].UserWeight) })
	t.each("server_current_throttle", "gauge", "Percent that a slow start has come to.", owners, func(i int) float64 {
		if list[i].SlowStart < 0 {
			return math.NaN()
		}
		return float64(list[i].SlowStart)
	})
	t.states("server_status", owners, serverStates, func(i int) string { return string(list[i].State) })
	t.checks(list, owners)
}

// checks writes what is known by the checks of servers that are checked.
func (t *text) checks(list []*stats.Server, owners []owner) {
	var checks []*stats.Check
	var of []owner
	for i, s := range list {
		if s.Check != nil {
			checks, of = append(checks, s.Check), append(of, owners[i])
		}
	}
	t.states("server_check_status", of, checkCodes, func(i int) string { return checks[i].Code })
	t.each("server_check_code", "gauge", "The HTTP status that the last check got.", of, func(i int) float64 { return float64(checks[i].Status) })
	t.each("server_check_duration_seconds", "gauge", "How long the last check took.", of, func(i int) float64 { return checks[i].Duration.Seconds() })
	t.each("server_check_failures_total", "counter", "Checks that failed while the server was up.", of, func(i int) float64 { return float64(checks[i].Failures) })
	t.each("server_check_up_down_total", "counter", "Times that the server went down.", of, func(i int) float64 { return float64(checks[i].Downs) })
	t.each("server_check_last_change_seconds", "gauge", "Seconds since the server went up or down.", of, func(i int) float64 { return math.Trunc(time.Since(checks[i].Changed).Seconds()) })
	t.each("server_downtime_seconds_total", "counter", "Seconds that the server was down in all.", of, func(i int) float64 { return math.Trunc(checks[i].Downtime.Seconds()) })
}
