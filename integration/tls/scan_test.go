package tls

import (
	"regexp"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestDefaultsAreSafe has sslscan look at what is spoken without any setting.
func TestDefaultsAreSafe(t *testing.T) {
	ca := newAuthority(t)
	port := lab.Port(t)
	lab.Fairlead(t, defaults+`
[listen.web]
bind = { address = "127.0.0.1:`+port+`", tls = "`+ca.issue("site.pem", false, "localhost")+`" }
http-request = [{ do = "return", status = 200 }]
`)
	out, errs, code := lab.Run(t, lab.Need(t, "sslscan"), "--no-colour", "--sni-name=localhost", "127.0.0.1:"+port)
	if code != 0 {
		t.Fatal(errs)
	}
	for version, state := range map[string]string{"SSLv2": "disabled", "SSLv3": "disabled", "TLSv1.0": "disabled", "TLSv1.1": "disabled", "TLSv1.2": "enabled", "TLSv1.3": "enabled"} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(version) + `\s+` + state + `$`).MatchString(out) {
			t.Errorf("%s is not %s", version, state)
		}
	}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] != "Preferred" && f[0] != "Accepted" {
			continue
		}
		if cipher := f[4]; !strings.HasPrefix(cipher, "TLS_") && (!strings.HasPrefix(cipher, "ECDHE-") || !strings.Contains(cipher, "GCM") && !strings.Contains(cipher, "POLY1305")) {
			t.Errorf("%s is spoken, which has no forward secrecy or no authenticated encryption", cipher)
		}
	}
	for _, finding := range []string{"vulnerable to heartbleed", "Compression enabled", "Insecure session renegotiation supported"} {
		if strings.Contains(out, finding) && !strings.Contains(out, "not "+finding) {
			t.Errorf("sslscan finds: %s", finding)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}
