package static_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/service"
	"github.com/fairleadproxy/fairlead/modules/service/static"
)

func TestServe(t *testing.T) {
	s, err := static.New(nil, static.Config{Status: 201, ContentType: "text/css", String: "hello"})
	if err != nil {
		t.Fatal(err)
	}
	var tx action.Tx
	s.Serve(&tx)
	if r := tx.Reply; r.Status != 201 || r.ContentType != "text/css" || string(r.Body) != "hello" {
		t.Errorf("the reply is %+v", r)
	}
	if n := testing.AllocsPerRun(100, func() { s.Serve(&tx) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestConformance(t *testing.T) {
	moduletest.Run(t, service.Kind, "static", ``, `string = "x"`, `status = 204`)
	for _, c := range []string{"status = 204\nstring = \"x\"", "status = 304\nstring = \"x\"", "status = 100", `content-type = "a\nb"`} {
		if moduletest.Build(t, "service", "static", c) == nil {
			t.Errorf("%q is taken", c)
		}
	}
}
