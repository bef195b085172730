package useservice_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	"github.com/fairleadproxy/fairlead/core/service"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
	_ "github.com/fairleadproxy/fairlead/modules/action/useservice"
	_ "github.com/fairleadproxy/fairlead/modules/service/echo"
	_ "github.com/fairleadproxy/fairlead/modules/service/static"
)

func TestServices(t *testing.T) {
	for _, c := range [][2]string{
		{"service = \"static\"\nstring = \"hello\"\nstatus = 201", "201 | type text/plain; charset=utf-8 | hello"},
		{`service = "echo"`, "200 | type text/plain; charset=utf-8 | client: 192.0.2.1:1234\nGET /a HTTP/1.1\nHost: h\n"},
	} {
		tx := actiontest.Tx(t, actiontest.Lines("GET /a HTTP/1.1", "Host: h"), "")
		tx.Reply = action.Reply{Status: 1, Denied: true, Header: []action.Field{{Name: "old"}}}
		if v := actiontest.Run(t, tx, expr.HTTPRequest, "use-service", c[0]); v != action.Answer {
			t.Errorf("verdict %d", v)
		}
		if got := actiontest.Reply(&tx.Reply); got != c[1] {
			t.Errorf("%q\ngot  %q\nwant %q", c[0], got, c[1])
		}
	}
}

func TestRefused(t *testing.T) {
	for _, c := range [][2]string{
		{``, "service"}, {`service = "ehco"`, `"echo"`}, {"service = \"echo\"\nstring = \"x\"", "string"}, {"service = \"static\"\nstatus = 99", "200"},
	} {
		actiontest.Refused(t, expr.HTTPRequest, "use-service", c[0], c[1])
	}
}

func TestConformance(t *testing.T) {
	moduletest.Run(t, action.Kind, "use-service", `service = "echo"`, "service = \"static\"\nstring = \"x\"")
}

// living is a service that has a lifecycle.
type living struct{ life []string }

func (*living) Serve(*action.Tx) {}

func (l *living) Prepare(*module.Context) error { l.life = append(l.life, "prepare"); return nil }
func (l *living) Start(*module.Context) error   { l.life = append(l.life, "start"); return nil }
func (l *living) Stop(context.Context) error    { l.life = append(l.life, "stop"); return nil }

// The action takes its service through the lifecycle.
func TestLifecycle(t *testing.T) {
	s := &living{}
	r := module.Default().Clone()
	module.RegisterIn(r, service.Kind, "test.living", module.Spec[struct{}, service.Service]{
		Doc: "Lives", New: func(*module.Context, struct{}) (service.Service, error) { return s, nil },
	})
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	ctx := module.NewContext(module.ContextOptions{Registry: r})
	var list module.Instances
	list.Add(actiontest.MustIn(t, ctx, actiontest.Scope(t, expr.HTTPRequest), "use-service", `service = "test.living"`))
	for _, err := range []error{list.Prepare(ctx), list.Start(ctx), list.Stop(t.Context()), ctx.Close(t.Context())} {
		if err != nil {
			t.Error(err)
		}
	}
	if want := []string{"prepare", "start", "stop"}; !slices.Equal(s.life, want) {
		t.Errorf("the service's life was %s", strings.Join(s.life, ", "))
	}
}
