package acme

import (
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Clients without TLS are sent to where it is spoken, unless that is switched off.
func TestRedirect(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{})
	storage := quoted(t.TempDir())
	for setting, want := range map[string]string{
		"https-redirect = true":  "308 https://site.example:" + p.HTTPS + "/a?b=c",
		"https-redirect = false": "200 ",
		"":                       "200 ", // the port is not 80
	} {
		f := lab.Fairlead(t, p.Config(storage, "", `"one.example.com"`)+setting)
		p.Obtained(t, "one.example.com", "one.example.com")
		out, errs, code := lab.Run(t, lab.Need(t, "curl"), "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}",
			"-H", "Host: site.example:"+p.HTTP, "http://127.0.0.1:"+p.HTTP+"/a?b=c")
		if code != 0 || out != want {
			t.Errorf("%q: %d %q, want %q\n%s", setting, code, out, want, errs)
		}
		f.Kill(t)
	}
}
