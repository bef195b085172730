package process_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	_ "github.com/fairleadproxy/fairlead/modules/converter/variable"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/constant"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/process"
)

func TestValues(t *testing.T) {
	t.Setenv("FAIRLEAD_PROCESS_TEST", "of the environment")
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	e := &expr.Env{Now: time.Unix(1700000000, 123456789)}
	fetchtest.Run(t, fetchtest.Scope(t, expr.TCPConnection), e, []fetchtest.Case{
		{"date", "1700000000"}, {"date(3600)", "1700003600"}, {"date(-1)", "1699999999"}, {"date()", "1700000000"},
		{"date(0,ms)", "1700000000123"}, {"date(5,us)", "1700000000123461"}, {"date(,s)", "1700000000"}, {"date_us", "123456"},
		{"env(FAIRLEAD_PROCESS_TEST)", "of the environment"}, {"env(FAIRLEAD_NOT_SET)", fetchtest.None}, {"hostname", host},
		{"nbproc", "1"}, {"proc", "1"}, {"pid", strconv.Itoa(os.Getpid())}, {"rand(1)", "0"}, {"uptime", "0"},
		{"var(txn.x)", fetchtest.None}, {"var(txn.x,default)", "default"}, {"var(txn.x,)", fetchtest.None}, {`var(txn.x,"")`, ""},
	})
}

func TestVariables(t *testing.T) {
	sc := fetchtest.Scope(t, expr.HTTPRequest)
	e := &expr.Env{}
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"int(7),set-var(txn.n)", "7"}, {"var(txn.n)", "7"}, {"var(txn.n,default)", "7"}, {"var(sess.n)", fetchtest.None}})
	var s expr.Sample
	x, err := expr.ParseExpr(sc, "var(txn.n)")
	if err != nil {
		t.Fatal(err)
	}
	if !x.Eval(e, &s) || s.Type != expr.Int || s.Int != 7 {
		t.Errorf("the variable came back as %v", s)
	}
}

func TestTimePasses(t *testing.T) {
	sc := fetchtest.Scope(t, expr.Log)
	before := time.Now().Unix()
	got, err := strconv.ParseInt(fetchtest.Eval(t, sc, &expr.Env{}, "date"), 10, 64)
	if after := time.Now().Unix(); err != nil || got < before || got > after {
		t.Errorf("date without a time of evaluation is %d (%v), not from %d to %d", got, err, before, after)
	}
	later := &expr.Env{Now: time.Now().Add(time.Hour)}
	if up := fetchtest.Eval(t, sc, later, "uptime"); up < "3600" || up > "3999" {
		t.Errorf("uptime an hour later is %s", up)
	}
}

func TestRandomStaysInItsRange(t *testing.T) {
	sc := fetchtest.Scope(t, expr.Log)
	seen := map[string]bool{}
	for range 200 {
		v := fetchtest.Eval(t, sc, &expr.Env{}, "rand(3)")
		if v != "0" && v != "1" && v != "2" {
			t.Fatalf("rand(3) gives %s", v)
		}
		seen[v] = true
		if n, err := strconv.ParseUint(fetchtest.Eval(t, sc, &expr.Env{}, "rand"), 10, 32); err != nil {
			t.Fatalf("rand gives %d, %v", n, err)
		}
	}
	if len(seen) != 3 {
		t.Errorf("rand(3) gave only %v", seen)
	}
}

func TestUUID(t *testing.T) {
	sc := fetchtest.Scope(t, expr.Log)
	e := &expr.Env{Now: time.UnixMilli(0x0123456789ab)}
	for text, pattern := range map[string]string{
		"uuid":    `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"uuid(4)": `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"uuid(7)": `^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
	} {
		a, b := fetchtest.Eval(t, sc, e, text), fetchtest.Eval(t, sc, e, text)
		if !regexp.MustCompile(pattern).MatchString(a) || a == b {
			t.Errorf("%s gives %s and %s", text, a, b)
		}
	}
}

func TestArgumentsThatAreRefused(t *testing.T) {
	for text, part := range map[string]string{
		"date(x)": "integer", "date(0,min)": "s, ms or us", "rand(0)": "range", "rand(-1)": "range", "rand(4294967297)": "range", "uuid(1)": "write 4, 7",
		"env": "lacks", "var": "lacks", "var(foo)": "variable", "pid(1)": "no arguments",
	} {
		_, err := expr.ParseExpr(fetchtest.Scope(t, expr.Log), text)
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want something about %q", text, err, part)
		}
	}
}

func TestEverywhere(t *testing.T) {
	args := map[string]string{"env": "(HOME)", "var": "(txn.x)", "bool": "(1)", "int": "(1)", "bin": "(00)", "meth": "(GET)", "ipv4": "(1.2.3.4)", "ipv6": "(::1)"}
	if n := fetchtest.Bare(t, args); n < 10*9*4 {
		t.Errorf("only %d evaluations", n)
	}
}

func TestAllocations(t *testing.T) {
	e := &expr.Env{Now: time.Unix(1700000000, 0)}
	fetchtest.NoAllocations(t, fetchtest.Scope(t, expr.HTTPRequest), e, "date", "date_us", "rand(5)", "uuid", "uuid(7)", "pid", "uptime", "hostname", "env(HOME)", "var(txn.x,a)")
}
