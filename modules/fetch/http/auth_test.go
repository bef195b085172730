package http_test

import (
	"encoding/base64"
	"slices"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
)

// users are names, each with its password; the groups are those of "in".
type users map[string]string

func (u users) Check(name, password string) bool {
	p, ok := u[name]
	return ok && p == password
}

func (u users) Groups(name string) []string {
	if name == "in" {
		return []string{"staff", "admin"}
	}
	return nil
}

func authScope(t *testing.T) *expr.Scope {
	sc := fetchtest.Scope(t, expr.HTTPRequest)
	sc.Userlists = func(name string) (expr.Userlist, bool) {
		return users{"in": "pa:ss", "out": "x", "admin": "y"}, name == "list"
	}
	return sc
}

func withAuth(authorization string) string {
	return get("/", "Host: a", "Authorization: "+authorization)
}

func basic(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }

func TestCredentials(t *testing.T) {
	for _, c := range []struct{ field, user, pass, scheme, bearer string }{
		{basic("in:pa:ss"), "in", "pa:ss", "Basic", none},
		{"basic " + basic("u:")[6:], "u", "", "Basic", none},
		{basic(":p"), "", "p", "Basic", none},
		{basic("nocolon"), none, none, "Basic", none},
		{"Basic !!!", none, none, "Basic", none},
		{"Basic", none, none, none, none},
		{"Bearer   abc.def", none, none, "Bearer", "abc.def"},
		{"BEARER t1 t2", none, none, "Bearer", "t1 t2"},
		{"Negotiate xyz", none, none, "Negotiate", none},
	} {
		run(t, withAuth(c.field), []fetchtest.Case{{"http_auth_user", c.user}, {"http_auth_pass", c.pass}, {"http_auth_type", c.scheme}, {"http_auth_bearer", c.bearer}})
	}
	run(t, get("/", "Host: a"), []fetchtest.Case{{"http_auth_user", none}, {"http_auth_pass", none}, {"http_auth_type", none}, {"http_auth_bearer", none}})
	run(t, get("/", "Host: a", "X-Tok: Bearer t1"), []fetchtest.Case{{"http_auth_bearer(x-tok)", "t1"}, {"http_auth_bearer(x-none)", none}, {"http_auth_bearer", none}})
	// The client chooses the form of its target, which must not choose the field.
	run(t, get("http://a/", "Host: a", "Proxy-Authorization: "+basic("p:q"), "Authorization: "+basic("u:v")), []fetchtest.Case{{"http_auth_user", "u"}, {"http_auth_pass", "v"}})
}

func TestUserlist(t *testing.T) {
	sc := authScope(t)
	for _, c := range []struct {
		field  string
		ok     bool
		groups []string
	}{
		{basic("in:pa:ss"), true, []string{"staff", "admin"}}, {basic("out:x"), true, nil}, {basic("admin:y"), true, nil},
		{basic("in:pa"), false, nil}, {basic("nobody:x"), false, nil}, {basic("in"), false, nil}, {"Bearer x", false, nil}, {"", false, nil},
	} {
		e := fetchtest.Env(t, withAuth(c.field), "")
		fetchtest.Hold(t, sc, e, c.ok, "{ http_auth(list) }", "{ http_auth(list) -m bool }")
		for _, g := range []string{"staff", "admin", "in", "out"} {
			fetchtest.Hold(t, sc, e, slices.Contains(c.groups, g), "{ http_auth_group(list) "+g+" }")
		}
	}
	e := fetchtest.Env(t, get("/", "Host: a"), "")
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"http_auth(list)", "0"}, {"http_auth_group(list)", none}})
	e.Req = nil
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"http_auth(list)", none}, {"http_auth_group(list)", none}})
	if _, err := expr.ParseExpr(sc, "http_auth(other)"); err == nil {
		t.Error("a userlist that is not there is accepted")
	}
}
