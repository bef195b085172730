package http_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/http"
)

const none = convtest.None

func TestLanguage(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{`str("fr;q=0.5,en-US,de;q=0.9"),language(fr;en)`, "en"}, {`str("fr;q=0.5,en-US,de;q=0.9"),language(fr;en-US)`, "en-US"}, {`str("fr-FR,en;q=0.7"),language(fr-CA;en)`, "en"},
		{`str("fr, en, de;q=0.9"),language(en;fr)`, "fr"}, {`str("fr;q=0,en;q=0.1"),language(fr)`, none}, {"str(EN),language(en)", none}, {"str(*),language(en,xx)", "xx"}, {"str(),language(en,xx)", "xx"},
		{`str("fr ; q=0.5 , en ; q = 0.7"),language(fr;en)`, "en"}, {`str("fr;q=0.500,en;q=0.501"),language(fr;en)`, "en"}, {`str("fr;q=abc,en;q=0.1"),language(fr;en)`, "fr"}, {`str(";;,,q"),language(en)`, none},
	})
}

func TestHostsAndDates(t *testing.T) {
	convtest.Run(t, convtest.Scope(t), []convtest.Case{
		{"str(Example.com:80),host_only", "example.com"}, {"str(Example.com),host_only", "example.com"}, {"str([::A]:80),host_only", "[::a]"}, {"str([::1]),host_only", "[::1]"}, {"str(FOO:),host_only", "foo"},
		{"str([::1]:80),port_only", "80"}, {"str(127.0.0.1:8080),port_only", "8080"}, {"str(a),port_only", "0"}, {"str(a:),port_only", "0"}, {"str(a:99999),port_only", "0"}, {"str([::1]),port_only", "0"}, {"str(),port_only", "0"},
		{"int(784111777),http_date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"int(784111777),http_date(3600)", "Sun, 06 Nov 1994 09:49:37 GMT"}, {"int(784111777),http_date(-37)", "Sun, 06 Nov 1994 08:49:00 GMT"},
		{"int(784111777999),http_date(0,ms)", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"int(784111777000000),http_date(1000000,us)", "Sun, 06 Nov 1994 08:49:38 GMT"},
		{"int(-1),http_date", none}, {"int(253402300800),http_date", none}, {"int(9223372036854775807),http_date(1)", none},
		{"str('Sun, 06 Nov 1994 08:49:37 GMT'),date", "784111777"}, {"str('Sunday, 06-Nov-94 08:49:37 GMT'),date", "784111777"}, {"str('Sun Nov  6 08:49:37 1994'),date", "784111777"}, {"str(yesterday),date", none},
	})
}

func TestCaptures(t *testing.T) {
	sc := convtest.Scope(t)
	x, err := expr.ParseExpr(sc, "str(value),capture-req(1),capture-res(0),capture-res(9)")
	if err != nil {
		t.Fatal(err)
	}
	e := convtest.Env()
	e.Stream.CapturedReq, e.Stream.CapturedRes = make([][]byte, 2), make([][]byte, 1)
	if got, ok := x.EvalStr(e); !ok || string(got) != "value" {
		t.Errorf("capturing passes on %q (%v)", got, ok)
	}
	if r := e.Stream.CapturedReq; r[0] != nil || string(r[1]) != "value" {
		t.Errorf("request slots hold %q", r)
	}
	if r := e.Stream.CapturedRes; string(r[0]) != "value" {
		t.Errorf("response slots hold %q", r)
	}
	e.Stream = nil
	if got, ok := x.EvalStr(e); !ok || string(got) != "value" {
		t.Errorf("capturing without a stream passes on %q (%v)", got, ok)
	}
}

func TestHTTPRefused(t *testing.T) {
	convtest.Refused(t, convtest.Scope(t), []convtest.Case{
		{"str(a),language(';')", "language: there must be languages, as in language(es;fr;en)"},
		{"int(1),http_date(0,h)", `http_date: unknown unit "h"; use s, ms or us`},
		{"str(a),capture-req(-1)", "capture-req: the slot is -1; slots begin at 0"},
	})
}

func TestHTTPDoesNotAllocate(t *testing.T) {
	convtest.NoAllocs(t, convtest.Scope(t), `str("fr;q=0.5,en-US"),language(fr;en)`, "str(Example.com:80),host_only", "str(a:80),port_only", "int(784111777),http_date", "str('Sun Nov  6 08:49:37 1994'),date")
}
