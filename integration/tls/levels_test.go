package tls

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Sockets let those who connect do what their level says, and answer as HAProxy's do.
func TestLevels(t *testing.T) {
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	dir, port := t.TempDir(), lab.Port(t)
	list := filepath.Join(ca.dir, "list")
	lab.Write(t, list, site+"\n")
	sockets, theirs := "", ""
	levels := []string{"user", "operator", "admin"}
	for _, l := range levels {
		sockets += `, { address = "` + dir + "/" + l + `", level = "` + l + `" }`
		theirs += "  stats socket " + dir + "/h-" + l + " level " + l + "\n"
	}
	lab.HAProxy(t, "global\n"+theirs+`
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend web
  bind 127.0.0.1:`+port+` ssl crt-list `+list+`
`, port)
	file := filepath.Join(dir, "lb.toml")
	lab.Write(t, file, `[global]
stats-socket = [{ address = "`+dir+`/default" }`+sockets+`]
`+defaults+`
[frontend.web]
bind = { address = "127.0.0.1:`+lab.Port(t)+`", tls = { crt-list = "`+list+`" } }
http-request = [{ do = "return", status = 200 }]
`)
	f := lab.Start(t, dir, lab.Binary(t), "run", "--config", file)
	lab.Until(t, 20*time.Second, "fairlead listens", func() bool { return strings.Contains(f.Output(), " listens at ") })

	lines := func(s string) string {
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' }), "|")
	}
	// What is about levels is answered in HAProxy's words. Later versions of it than
	// 2.6 refuse more, as is done here.
	for _, l := range levels {
		for _, text := range []string{
			"show cli level", "operator;show cli level", "user;show cli level", "user;operator;show cli level", "operator;user;show cli level",
			"set ssl cert x", "user;set ssl cert x", "operator;commit ssl cert x", "new ssl cert", "user;show version;new ssl cert x",
			"add ssl crt-list x y", "del ssl crt-list x y", "abort ssl ca-file x", "operator;show ssl crl-file",
		} {
			got, want := lines(command(t, dir+"/"+l, text)), lines(command(t, dir+"/h-"+l, text))
			if strings.Contains(text, "show version") { // each has its own
				_, got, _ = strings.Cut(got, "|")
				_, want, _ = strings.Cut(want, "|")
			}
			if strings.Contains(want, "Permission denied") != strings.Contains(got, "Permission denied") || !strings.Contains(text, "ssl") && got != want {
				t.Errorf("%s: %s: %q, HAProxy %q", l, text, got, want)
			}
		}
	}
	// The level that each command needs, the last being the least.
	for text, least := range map[string]string{
		"show info": "user", "show version": "user", "help": "user", "show ssl sni": "user", "show ssl cert": "operator", "show certs": "operator",
		"reload": "operator", "show ssl crt-list": "admin", "show ssl ocsp-response": "admin", "show ssl ocsp-updates": "admin", "show ssl ech": "admin",
		"dump ssl cert " + site: "admin", "show tls-keys": "admin", "acme status": "admin", "acme renew x": "admin", "del ssl cert x": "admin",
		"update ssl ocsp-response x": "admin", "set ssl cert " + site + ".key <<\nx\n": "admin",
	} {
		allowed := false
		for _, l := range levels {
			allowed = allowed || l == least
			if got := command(t, dir+"/"+l, text); (got == "Permission denied") == allowed {
				t.Errorf("%s: %s: %q", l, text, got)
			}
			listed := strings.Contains(command(t, dir+"/"+l, "help"), "\n  "+strings.Join(strings.Fields(text)[:min(3, len(strings.Fields(text)))], " "))
			if len(strings.Fields(text)) > 1 && !strings.HasPrefix(text, "acme renew") && !strings.Contains(text, site) && listed != allowed {
				t.Errorf("%s: help lists %q: %v", l, text, listed)
			}
		}
	}
	if got := command(t, dir+"/default", "show cli level"); got != "admin" {
		t.Errorf("without a level: %q", got)
	}
	if got := command(t, dir+"/user", "nonsense"); strings.Contains(got, "set ssl cert") || !strings.Contains(got, "show ssl sni") {
		t.Errorf("an unknown command is told to try\n%s", got)
	}
	if got := command(t, dir+"/admin", "user;stop"); !strings.Contains(got, "Permission denied") {
		t.Errorf("after user: %q", got)
	}
}
