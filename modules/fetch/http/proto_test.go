package http_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	"github.com/fairleadproxy/fairlead/core/session"
)

func TestIsHTTP(t *testing.T) {
	const none, more = fetchtest.None, "<more>"
	for _, c := range []struct{ input, before, after string }{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "1", "1"}, {"GET / HTTP/1.0\r\n\r\nrest", "1", "1"}, {"GET / HTTP/1.1\r\nHost: a\r\n", more, none}, {"GE", more, none}, {"", more, none},
		{"\x16\x03\x01\x00\x05\r\n", none, none}, {"hello\r\n", none, none}, {"GET / HTTP/1.1\r\n\r\n", none, none}, // without a host it would be refused
	} {
		for done, want := range map[bool]string{false: c.before, true: c.after} {
			e := &expr.Env{Phase: expr.TCPContent, Input: []byte(c.input), InputDone: done}
			got := fetchtest.Eval(t, fetchtest.Scope(t, e.Phase), e, "req.proto_http")
			if e.NeedMore {
				got = more
			}
			if got != want {
				t.Errorf("%q, at the end %v: %q, want %q", c.input, done, got, want)
			}
		}
	}
	e := &expr.Env{Phase: expr.Log, Stream: &session.Stream{HTTP: true}}
	fetchtest.Run(t, fetchtest.Scope(t, expr.Log), e, []fetchtest.Case{{"req.proto_http", "1"}})
}
