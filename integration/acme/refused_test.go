package acme

import (
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// What can be known to be wrong without asking the authority is told at once.
func TestRefused(t *testing.T) {
	head := `[defaults]
mode = "http"
timeout = { connect = "5s", client = "30s", server = "30s" }
[frontend.web]
http-request = [{ do = "return", status = 200 }]
`
	bind := func(names string) string {
		return head + `bind = [":80", { address = ":443", tls = { acme = [` + names + `] } }]` + "\n"
	}
	for text, want := range map[string]string{
		bind(`"a b.example.com", "https://b.example.com"`): `:6:53: frontend.web.bind[1].tls.acme[0]: "a b.example.com" is not a name such as "www.example.com"
:6:72: frontend.web.bind[1].tls.acme[1]: "https://b.example.com" is a URL: write the name alone, "b.example.com"`,
		bind(`"localhost", "example.com", "app.internal"`): `:6:53: frontend.web.bind[1].tls.acme[0]: no public authority gives certificates for localhost: write issuer = "internal" on the bind, ` +
			`or directory = "URL" of an authority of your own in the section of its issuer
:6:81: frontend.web.bind[1].tls.acme[2]: no public authority gives certificates for app.internal: write issuer = "internal" on the bind, ` +
			`or directory = "URL" of an authority of your own in the section of its issuer`,
		bind(`"example.com"`) + `[acme.default]
contact = "admin"
eab-key-id = "kid"
eab-mac-key = "?"
renewal-ratio = 5.0
fallback = [{ directory = "http://ca.example/dir" }]
storage = { type = "nowhere" }
`: `:8:11: acme.default.contact: "admin" is not a mail address such as "admin@example.org"
:10:15: acme.default.eab-mac-key: the key is not in Base64 for URLs, without padding, as authorities give it
:11:17: acme.default.renewal-ratio: 5 is not between 0 and 1
:12:27: acme.default.fallback[0].directory: "http://ca.example/dir" is not an https URL
:13:20: acme.default.storage: unknown storage "nowhere"`,
	} {
		if got := lab.Refused(t, text); !strings.HasPrefix(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
