package proxies_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/proxies"
)

// server answers what the converters ask; anything else would panic.
type server struct {
	expr.Server
	name   string
	usable bool
	queued int64
}

func (s server) Name() string  { return s.name }
func (s server) Usable() bool  { return s.usable }
func (s server) Queued() int64 { return s.queued }

type proxy struct {
	expr.Proxy
	servers []expr.Server
}

func (p proxy) Servers() []expr.Server { return p.servers }

type table struct{ frontends, backends map[string]proxy }

func (t table) Frontend(name string) (expr.Proxy, bool) { p, ok := t.frontends[name]; return p, ok }
func (t table) Backend(name string) (expr.Proxy, bool)  { p, ok := t.backends[name]; return p, ok }

func TestProxies(t *testing.T) {
	sc := convtest.Scope(t)
	e := convtest.Env()
	e.Stream.Backend = "app"
	proxies := table{
		frontends: map[string]proxy{"www": {}},
		backends: map[string]proxy{"empty": {}, "app": {servers: []expr.Server{
			server{name: "a", usable: true, queued: 3}, server{name: "b"}, server{name: "c", usable: true}}}},
	}
	for _, tt := range []struct{ text, with, without string }{
		{"str(app),nbsrv", "2", convtest.None}, {"str(empty),nbsrv", "0", convtest.None}, {"str(nope),nbsrv", convtest.None, convtest.None},
		{"str(app/a),srv_is_up", "1", "0"}, {"str(app/b),srv_is_up", "0", "0"}, {"str(c),srv_is_up", "1", "0"}, {"str(nope/a),srv_is_up", "0", "0"}, {"str(),srv_is_up", "0", "0"},
		{"str(app/a),srv_queue", "3", convtest.None}, {"str(a),srv_queue", "3", convtest.None}, {"str(x),srv_queue", convtest.None, convtest.None}, {"str(app/),srv_queue", convtest.None, convtest.None},
		{"str(www),fe_exists", "1", "0"}, {"str(app),fe_exists", "0", "0"},
	} {
		x, err := expr.ParseExpr(sc, tt.text)
		if err != nil {
			t.Fatal(err)
		}
		for _, known := range []expr.ProxyTable{proxies, nil} {
			e.Table = known
			want := tt.with
			if known == nil {
				want = tt.without
			}
			got, ok := x.EvalStr(e)
			if !ok {
				got = []byte(convtest.None)
			}
			if string(got) != want {
				t.Errorf("%s gives %q, want %q (table of proxies: %v)", tt.text, got, want, known != nil)
			}
		}
	}
}
