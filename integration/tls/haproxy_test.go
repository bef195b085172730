package tls

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// What the fetches of TLS give is what they give in HAProxy, for the same clients.
func TestFetchesAsInHAProxy(t *testing.T) {
	lab.Need(t, "haproxy")
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	full := ca.make("full.pem", true, func(c *x509.Certificate) {
		c.Subject = pkix.Name{
			Country: []string{"DE"}, Organization: []string{"A, B + \"C\""}, CommonName: "client é",
			ExtraNames: []pkix.AttributeTypeAndValue{unit("one"), unit("two"), unit("three"), {Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: "a@example.com"}},
		}
		c.EmailAddresses = []string{"a@example.com"}
		u, err := url.Parse("http://example.com/x")
		if err != nil {
			t.Fatal(err)
		}
		c.URIs = []*url.URL{u}
		c.NotAfter = time.Date(2055, 3, 4, 5, 6, 7, 0, time.UTC)
	}, "client.example.com")
	plain := ca.issue("plain.pem", false, "plain")
	strangers := newAuthority(t)
	foreign := strangers.issue("foreign.pem", false, "foreign")
	expired := ca.expire("expired.pem")

	names := []string{
		"ssl_fc", "ssl_fc_protocol", "ssl_fc_cipher", "ssl_fc_alg_keysize", "ssl_fc_use_keysize", "ssl_fc_sni", "ssl_fc_alpn", "ssl_fc_has_sni", "ssl_fc_has_crt",
		"ssl_fc_is_resumed", "ssl_fc_cipherlist_bin,hex", "ssl_fc_cipherlist_bin(1),hex", "ssl_fc_cipherlist_hex", "ssl_fc_cipherlist_str", "ssl_fc_cipherlist_str(1)", "ssl_fc_cipherlist_xxh", "ssl_fc_protocol_hello_id", "ssl_fc_client_random,hex", "ssl_fc_npn", "ssl_fc_err_str", "ssl_fc_extlist_bin,hex", "ssl_fc_eclist_bin,hex", "ssl_fc_ecformats_bin,hex",
		"ssl_c_used", "ssl_c_verify", "ssl_c_err", "ssl_c_ca_err", "ssl_c_ca_err_depth", "ssl_c_der,hex", "ssl_c_chain_der,hex", "ssl_c_serial,hex", "ssl_c_sha1,hex", "ssl_c_sig_alg", "ssl_c_key_alg",
		"ssl_c_version", "ssl_c_notbefore", "ssl_c_notafter", "ssl_c_s_dn", "ssl_c_s_dn(CN)", "ssl_c_s_dn(ou)", "ssl_c_s_dn(OU,2)", "ssl_c_s_dn(OU,-1)", "ssl_c_s_dn(OU,4)", "ssl_c_s_dn(emailAddress)",
		"ssl_c_s_dn(,0,rfc2253)", "ssl_c_i_dn", "ssl_c_i_dn(CN)", "ssl_f_serial,hex", "ssl_f_sha1,hex", "ssl_f_s_dn", "ssl_f_i_dn", "ssl_f_notafter", "ssl_f_sig_alg", "ssl_f_key_alg", "ssl_f_version", "ssl_f_der,hex",
	}
	text := ""
	for _, n := range names {
		text += n + "=%[" + n + "]\\n"
	}
	ours, theirs, lenient, lenientTheirs, own := lab.Port(t), lab.Port(t), lab.Port(t), lab.Port(t), lab.Port(t)
	same := " ciphers ECDHE-ECDSA-AES128-GCM-SHA256 ciphersuites TLS_AES_128_GCM_SHA256" // the preference is each one's own
	lab.HAProxy(t, `
global
  tune.ssl.capture-buffer-size 512
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout connect 20s
  timeout client 30s
  timeout server 30s
frontend strict
  bind 127.0.0.1:`+theirs+` ssl crt `+site+` ca-file `+ca.file+` verify optional alpn http/1.1`+same+`
  http-request return status 200 content-type text/plain lf-string "`+text+`"
frontend lenient
  bind 127.0.0.1:`+lenientTheirs+` ssl crt `+site+` ca-file `+ca.file+` verify optional alpn http/1.1 crt-ignore-err all ca-ignore-err all`+same+`
  http-request return status 200 content-type text/plain lf-string "`+text+`"
`, theirs)
	quoted := `"` + strings.ReplaceAll(text, `\\n`, `\n`) + `"`
	lab.Fairlead(t, defaults+`
[frontend.strict]
bind = { address = "127.0.0.1:`+ours+`", tls = { crt = "`+site+`", ca-file = "`+ca.file+`", verify = "optional", alpn = "http/1.1" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = `+quoted+` }]
[frontend.own]
bind = { address = "127.0.0.1:`+own+`", tls = { crt = "`+site+`", ca-file = "`+ca.file+`", verify = "required", alpn = "http/1.1" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = "%[ssl_c_r_dn(CN)] %[ssl_fc_crtname] %[ssl_c_verify,x509_v_err_str]" }]
[frontend.lenient]
bind = { address = "127.0.0.1:`+lenient+`", tls = { crt = "`+site+`", ca-file = "`+ca.file+`", verify = "optional", alpn = "http/1.1", crt-ignore-err = "all", ca-ignore-err = "all" } }
http-request = [{ do = "return", status = 200, content-type = "text/plain", lf-string = `+quoted+` }]
`)
	pair, err := tls.LoadX509KeyPair(plain, plain)
	if err != nil {
		t.Fatal(err)
	}
	known := &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com", Certificates: []tls.Certificate{pair}}
	if got, want := ask(known, own), ca.cert.Subject.CommonName+" "+site+" X509_V_OK"; got != want {
		t.Errorf("what HAProxy 2.6 does not have: %q, want %q", got, want)
	}
	for _, c := range []struct {
		name, ours, theirs, crt string
		change                  func(*tls.Config)
	}{
		{"no certificate", ours, theirs, "", nil},
		{"all there is in a name", ours, theirs, full, nil},
		{"a plain one", ours, theirs, plain, nil},
		{"TLS 1.2", ours, theirs, plain, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }},
		{"no server name", ours, theirs, plain, func(c *tls.Config) { c.ServerName = "" }},
		{"passed over: expired", lenient, lenientTheirs, expired, nil},
		{"passed over: another authority", lenient, lenientTheirs, foreign, nil},
		{"refused: expired", ours, theirs, expired, nil},
		{"refused: another authority", ours, theirs, foreign, nil},
	} {
		config := &tls.Config{InsecureSkipVerify: true, ServerName: "site.example.com", NextProtos: []string{"http/1.1"}, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256}}
		if c.crt != "" {
			pair, err := tls.LoadX509KeyPair(c.crt, c.crt)
			if err != nil {
				t.Fatal(err)
			}
			config.Certificates = []tls.Certificate{pair}
		}
		if c.change != nil {
			c.change(config)
		}
		asked := func(port string) []string {
			config.Rand = rand.NewChaCha8([32]byte{1}) // so that both see the same random
			return strings.Split(ask(config, port), "\n")
		}
		got, want := asked(c.ours), asked(c.theirs)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("%s:\n%s\nHAProxy:\n%s", c.name, at(got, i), at(want, i))
			}
		}
	}
}

func unit(name string) pkix.AttributeTypeAndValue {
	return pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: name}
}

func at(list []string, i int) string {
	if i >= len(list) {
		return "(nothing)"
	}
	return list[i]
}

// ask gives the body of the answer, or "refused".
func ask(config *tls.Config, port string) string {
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: time.Minute}, "tcp", "127.0.0.1:"+port, config)
	if err != nil {
		return "refused"
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err.Error()
	}
	if _, err := fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
		return "refused"
	}
	var b strings.Builder
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		b.Write(buf[:n])
		if err != nil {
			break
		}
	}
	_, body, ok := strings.Cut(b.String(), "\r\n\r\n")
	if !ok {
		return "refused"
	}
	return body
}
