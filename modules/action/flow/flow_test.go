package flow_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	_ "github.com/fairleadproxy/fairlead/modules/action/flow"
	_ "github.com/fairleadproxy/fairlead/modules/action/internal/language"
)

// The lists in which each may stand are those of the manual, section 4.3.
func TestFlow(t *testing.T) {
	tcp := expr.In(expr.TCPConnection, expr.TCPSession, expr.TCPContent, expr.TCPResponse)
	initial := expr.In(expr.QUICInitial)
	for _, c := range []struct {
		name    string
		phases  expr.Phases
		verdict action.Verdict
	}{
		{"accept", tcp | initial, action.Stop},
		{"allow", expr.In(expr.HTTPRequest, expr.HTTPResponse, expr.HTTPAfterResponse), action.Stop},
		{"reject", tcp | initial | expr.In(expr.HTTPRequest), action.Reject},
		{"silent-drop", tcp | expr.In(expr.HTTPRequest, expr.HTTPResponse), action.Reject},
		{"dgram-drop", initial, action.Drop},
		{"send-retry", initial, action.Retry},
		{"wait-for-handshake", expr.In(expr.HTTPRequest), action.Handshake},
		{"expect-proxy", expr.In(expr.TCPConnection), action.Continue},
	} {
		a, err := actiontest.Make(t, actiontest.Scope(t, expr.TCPConnection), c.name, ``)
		if err != nil {
			t.Fatal(err)
		}
		if a.Phases() != c.phases {
			t.Errorf("%s may stand in %s, want %s", c.name, a.Phases(), c.phases)
		}
		tx := actiontest.Tx(t, "", "")
		if v := a.Run(tx); v != c.verdict {
			t.Errorf("%s: verdict %d, want %d", c.name, v, c.verdict)
		}
		if want := c.name == "expect-proxy"; tx.ExpectProxy != want {
			t.Errorf("%s: ExpectProxy is %v", c.name, tx.ExpectProxy)
		}
		actiontest.Refused(t, expr.TCPConnection, c.name, "status = 1", "status")
	}
}
