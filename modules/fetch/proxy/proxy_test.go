package proxy_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/proxy"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

const none = fetchtest.None

// fakeProxy is a proxy whose numbers are these.
type fakeProxy struct {
	conns, rate, queued, slots int64
	servers                    []expr.Server
}

func (p *fakeProxy) Conns() int64           { return p.conns }
func (p *fakeProxy) SessionRate() int64     { return p.rate }
func (p *fakeProxy) Queued() int64          { return p.queued }
func (p *fakeProxy) Servers() []expr.Server { return p.servers }
func (p *fakeProxy) ConnSlots() int64       { return p.slots }

type fakeServer struct {
	name                string
	usable              bool
	conns, queued, rate int64
	weight              int
}

func (s *fakeServer) Name() string         { return s.name }
func (s *fakeServer) Usable() bool         { return s.usable }
func (s *fakeServer) Conns() int64         { return s.conns }
func (s *fakeServer) Queued() int64        { return s.queued }
func (s *fakeServer) EffectiveWeight() int { return s.weight }
func (s *fakeServer) SessionRate() int64   { return s.rate }

// table has the frontend "web" and the backends "app", "down" and "free".
type table struct{ frontends, backends map[string]*fakeProxy }

func (t table) Frontend(name string) (expr.Proxy, bool) { p, ok := t.frontends[name]; return p, ok }
func (t table) Backend(name string) (expr.Proxy, bool)  { p, ok := t.backends[name]; return p, ok }

var proxies = table{
	frontends: map[string]*fakeProxy{"web": {conns: 50, rate: 5}},
	backends: map[string]*fakeProxy{
		"app": {conns: 30, rate: 3, queued: 7, slots: 12, servers: []expr.Server{
			&fakeServer{name: "a", usable: true, conns: 10, queued: 4, rate: 2, weight: 100},
			&fakeServer{name: "b", usable: true, conns: 20, queued: 1, rate: 1, weight: 50},
			&fakeServer{name: "c", weight: 0},
		}},
		"down": {queued: 3, servers: []expr.Server{&fakeServer{name: "a"}}},
		"free": {slots: -1},
	},
}

func scope(t *testing.T, p expr.Phase) *expr.Scope {
	sc := fetchtest.Scope(t, p)
	sc.Table = proxies
	return sc
}

// env is of a stream from web to app.
func env(t *testing.T) *expr.Env {
	e := fetchtest.Env(t, "", "")
	e.Table, e.Stream.Frontend, e.Stream.Backend, e.Stream.Server = proxies, "web", "app", "b"
	return e
}

func TestBackends(t *testing.T) {
	fetchtest.Run(t, scope(t, expr.HTTPRequest), env(t), []fetchtest.Case{
		{"nbsrv", "2"}, {"nbsrv(app)", "2"}, {"nbsrv(down)", "0"}, {"be_conn", "30"}, {"be_conn(free)", "0"}, {"be_sess_rate(app)", "3"}, {"be_name", "app"},
		{"queue", "7"}, {"queue(down)", "3"}, {"avg_queue", "4"}, {"avg_queue(down)", "6"}, {"avg_queue(free)", "0"},
		{"be_conn_free", "12"}, {"be_conn_free(free)", "-1"}, {"connslots(app)", "12"},
	})
	fetchtest.Hold(t, scope(t, expr.HTTPRequest), env(t), true, "{ nbsrv(app) ge 2 }", "{ nbsrv(down) lt 1 }", "{ queue gt 5 }", "{ srv_is_up(app/a) }", "!{ srv_is_up(app/c) }")
}

func TestFrontendsAndServers(t *testing.T) {
	e := env(t)
	fetchtest.Run(t, scope(t, expr.HTTPResponse), e, []fetchtest.Case{
		{"fe_conn", "50"}, {"fe_conn(web)", "50"}, {"fe_sess_rate", "5"}, {"fe_name", "web"},
		{"srv_conn(app/a)", "10"}, {"srv_conn(b)", "20"}, {"srv_queue(app/a)", "4"}, {"srv_sess_rate(app/b)", "1"}, {"srv_weight(b)", "50"},
		{"srv_is_up(a)", "1"}, {"srv_is_up(app/c)", "0"}, {"srv_is_up(nope)", none}, {"srv_name", "b"},
	})
	e.Stream.Server = "<NOSRV>"
	fetchtest.Run(t, scope(t, expr.Log), e, []fetchtest.Case{{"srv_name", none}})
}

func TestBeforeABackendIsChosen(t *testing.T) {
	e := env(t)
	e.Stream.Backend = "web" // what stands there until then
	fetchtest.Run(t, scope(t, expr.HTTPRequest), e, []fetchtest.Case{{"nbsrv", none}, {"queue", none}, {"srv_conn(a)", none}, {"nbsrv(app)", "2"}})
	e.Stream = nil
	fetchtest.Run(t, scope(t, expr.TCPConnection), e, []fetchtest.Case{{"nbsrv", none}, {"nbsrv(app)", "2"}, {"fe_conn", none}, {"fe_conn(web)", "50"}, {"srv_conn(app/a)", "10"}, {"srv_conn(a)", none}})
}

func TestNamesThatAreRefused(t *testing.T) {
	for _, text := range []string{"nbsrv(nope)", "fe_conn(app)", "srv_conn(nope/a)", "srv_conn(app/z)", "srv_conn", "be_name(x)", "nbsrv(app,free)"} {
		if _, err := expr.ParseExpr(scope(t, expr.HTTPRequest), text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
	if _, err := expr.ParseExpr(scope(t, expr.HTTPRequest), "srv_name"); err == nil {
		t.Error("srv_name is accepted before there is a server")
	}
}

func TestNoPanics(t *testing.T) {
	args := map[string]string{}
	for _, name := range []string{"srv_conn", "srv_queue", "srv_sess_rate", "srv_weight", "srv_is_up"} {
		args[name] = "(app/a)"
	}
	if n := fetchtest.Bare(t, args); n < 300 {
		t.Errorf("only %d evaluations", n)
	}
}

func TestAllocations(t *testing.T) {
	fetchtest.NoAllocations(t, scope(t, expr.HTTPRequest), env(t), "nbsrv(app)", "be_conn", "avg_queue", "fe_conn", "srv_conn(app/a)", "srv_is_up(app/a)", "be_name")
}
