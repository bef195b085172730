// Package prometheus is the service that shows what Fairlead counts to
// Prometheus, under the names of HAProxy's exporter.
//
//	[frontend.stats]
//	bind = "127.0.0.1:8405"
//	http-request = [{ do = "use-service", service = "prometheus", if = "{ path /metrics }" }]
//
// The parameters of HAProxy's exporter are taken: scope, which may come several
// times, is "global", "frontend", "backend", "server" or "*", and no-maint leaves
// servers in maintenance out.
//
// The text is written by hand: the numbers are there, and a client library
// would keep them a second time. It is safe for concurrent use.
package prometheus

import (
	"net/url"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/service"
	"github.com/fairleadproxy/fairlead/core/stats"
)

// The version of core's API that the package is written for.
var _ = module.API1

func init() {
	module.Register(service.Kind, "prometheus", module.Spec[struct{}, service.Service]{
		Doc:       "Shows what is counted to Prometheus, under HAProxy's names",
		Stability: module.Beta,
		New:       func(*module.Context, struct{}) (service.Service, error) { return Service{}, nil },
	})
}

// Service shows statistics.
type Service struct{}

// contentType is that of Prometheus's text format.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// Serve writes all metrics.
func (Service) Serve(tx *action.Tx) {
	source, ok := tx.Env.Table.(stats.Source)
	if !ok {
		tx.Reply.Status, tx.Reply.ContentType, tx.Reply.Body = 503, "text/plain", []byte("there are no statistics here\n")
		return
	}
	want, err := parse(target(tx))
	if err != nil {
		tx.Reply.Status, tx.Reply.ContentType, tx.Reply.Body = 400, "text/plain", []byte(err.Error()+"\n")
		return
	}
	tx.Reply.Status, tx.Reply.ContentType, tx.Reply.Body = 200, contentType, render(source.Statistics(), want)
}

// target gives the request's target.
func target(tx *action.Tx) string {
	if tx.Env.Req == nil {
		return ""
	}
	return string(tx.Env.Req.Target())
}

// selection is what a request asks for.
type selection struct {
	process, frontends, backends, servers bool
	noMaint                               bool
}

// parse reads the parameters of a target.
func parse(target string) (selection, error) {
	all := selection{process: true, frontends: true, backends: true, servers: true}
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return all, nil // there are no parameters
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return all, badParameter("the parameters are malformed")
	}
	want := selection{}
	for _, scope := range q["scope"] {
		switch scope {
		case "*":
			want = all
		case "global":
			want.process = true
		case "frontend":
			want.frontends = true
		case "backend":
			want.backends = true
		case "server":
			want.servers = true
		case "listener", "sticktable":
			// There is nothing of these.
		case "":
			want = selection{}
		default:
			return all, badParameter("unknown scope " + scope + `: write "global", "frontend", "backend", "server" or "*"`)
		}
	}
	if len(q["scope"]) == 0 {
		want = all
	}
	want.noMaint = q.Has("no-maint")
	return want, nil
}

type badParameter string

func (e badParameter) Error() string { return string(e) }
