package reference

import (
	"strings"
	"testing"
)

func TestSplitDefault(t *testing.T) {
	for _, c := range []struct{ text, rest, otherwise string }{
		{"Port is the port. Default: the server's.", "Port is the port.", "the server's"},
		{"Weight is its part. Default 1.", "Weight is its part.", "1"},
		{"Queue is for a slot. Default: connect. Backends.", "Queue is for a slot. Backends.", "connect"},
		{"For tells it. Default false; For true else.", "For tells it.", "false; For true else"},
		{`Header is raw. Default: "raw"; of syslog: "local".`, "Header is raw.", `"raw"; of syslog: "local"`},
		{"Name is the field's. Required.", "Name is the field's.", "required"},
		{"Type is the body's. Required with a string.", "Type is the body's. Required with a string.", ""},
		{"List are servers. See Backend.Servers.", "List are servers.", ""},
		{"No limit is told.", "No limit is told.", ""},
	} {
		rest, otherwise := SplitDefault(c.text)
		if strings.TrimSuffix(rest, ".") != strings.TrimSuffix(c.rest, ".") || otherwise != c.otherwise {
			t.Errorf("%q: got %q and %q, want %q and %q", c.text, rest, otherwise, c.rest, c.otherwise)
		}
	}
}

func TestWithoutSubject(t *testing.T) {
	for _, c := range []struct {
		text  string
		names []string
		want  string
	}{
		{"Maxconn is how many.", []string{"Maxconn"}, "How many."},
		{"User and Group are the owners.", []string{"User", "Group"}, "The owners."},
		{"Secure adds it.", []string{"Secure"}, "Adds it."},
		{"If is for it, Unless against it.", []string{"If", "Unless"}, "If is for it, Unless against it."},
	} {
		if got := WithoutSubject(c.text, c.names); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

func TestKebab(t *testing.T) {
	for name, want := range map[string]string{
		"UseBackend": "use-backend", "TLSOptions": "tls-options", "BindTLS": "bind-tls", "OCSPUpdate": "ocsp-update", "Log": "log",
	} {
		if got := Kebab(name); got != want {
			t.Errorf("Kebab(%q) = %q, want %q", name, got, want)
		}
	}
}
