package tls

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// keyword is a setting of HAProxy's as it is written here, and what is said of it:
// a part of a warning or error, "" for nothing.
type keyword struct{ text, says string }

// The keywords of TLS that HAProxy 3.5 registers, and those of its manual. What is
// taken comes first, then what is refused with a word on what to write instead.
var (
	globalTaken = []keyword{
		{`ca-base = "/DIR"`, ""}, {`crt-base = "/DIR"`, ""}, {`key-base = "/DIR"`, ""}, {`maxsslconn = 100`, ""}, {`maxsslrate = 100`, ""},
		{`issuers-chain-path = "/DIR/chains"`, ""}, {`ssl-load-extra-files = ["key", "ocsp"]`, ""}, {`ssl-load-extra-del-ext = true`, ""},
		{`ssl-skip-self-issued-ca = true`, ""}, {`ssl-server-verify = "required"`, ""}, {`ssl-passphrase-cmd = ["/bin/echo", "x"]`, ""},
		{`ssl-dh-param-file = "dh.pem"`, "Go's TLS has no finite-field Diffie-Hellman"},
		{`ocsp-update = { mode = "on", mindelay = "5m", maxdelay = "1h", disable = true, httpproxy = "127.0.0.1:3128" }`, ""},
		{`ssl-default-bind-ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"`, ""}, {`ssl-default-bind-ciphersuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"`, ""},
		{`ssl-default-bind-curves = "X25519"`, ""}, {`ssl-default-bind-sigalgs = "ECDSA+SHA256"`, ""}, {`ssl-default-bind-client-sigalgs = "ECDSA+SHA256"`, "client-sigalgs is ignored"},
		{`ssl-default-bind-options = { ssl-min-ver = "TLSv1.2", ssl-max-ver = "TLSv1.3", tls-tickets = false, strict-sni = true, prefer-client-ciphers = true }`, "names AES or ChaCha20 first"},
		{`ssl-default-server-ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"`, ""}, {`ssl-default-server-ciphersuites = "TLS_AES_128_GCM_SHA256"`, "stays on"},
		{`ssl-default-server-curves = "X25519"`, ""}, {`ssl-default-server-sigalgs = "ECDSA+SHA256"`, ""}, {`ssl-default-server-client-sigalgs = "ECDSA+SHA256"`, "client-sigalgs is ignored"},
		{`ssl-default-server-options = { ssl-min-ver = "TLSv1.2", ssl-max-ver = "TLSv1.3", tls-tickets = false, renegotiate = true }`, ""},
		{`tune.ssl.cachesize = 1000`, ""}, {`tune.ssl.lifetime = "60s"`, ""}, {`tune.ssl.keylog = "/DIR/keylog"`, ""}, {`tune.ssl.ssl-ctx-cache-size = 10`, ""},
		{`tune.ssl.capture-buffer-size = 512`, "it has no effect: all that a client offers is kept"}, {`tune.ssl.capture-cipherlist-size = 512`, "it has no effect: all that a client offers is kept"},
		{`tune.ssl.certificate-compression = "auto"`, "compresses no certificates"}, {`tune.ssl.default-dh-param = 2048`, "no finite-field"}, {`tune.ssl.force-private-cache = true`, "one process"},
		{`tune.ssl.hard-maxrecord = 1400`, "records of a packet's size"}, {`tune.ssl.maxrecord = 1400`, "records of a packet's size"}, {`tune.ssl.keyupdate-rate-limit = 10`, "16 such messages"},
	}
	globalRefused = []keyword{
		{`ssl-engine = "rdrand"`, "engines are OpenSSL's: Go's TLS has none; leave it out"}, {`ssl-mode-async = true`, "engines are OpenSSL's"},
		{`ssl-provider = "fips"`, "providers are OpenSSL's: Go's TLS has none; leave it out"}, {`ssl-provider-path = "/x"`, "providers are OpenSSL's"}, {`ssl-propquery = "x"`, "providers are OpenSSL's"},
		{`ssl-security-level = 2`, "levels of security are OpenSSL's"}, {`noktls = true`, "it is always so; leave it out"},
		{`httpclient.ssl.verify = "none"`, "sections [acme.NAME]"}, {`tune.ssl.ocsp-update.mindelay = "5m"`, "write ocsp-update = { mindelay = ... } in [global]"},
		{`tune.ssl.ocsp-update.maxdelay = "5m"`, "write ocsp-update = { maxdelay = ... } in [global]"},
	}
	bindTaken = []keyword{
		{`alpn = ["h2", "http/1.1"]`, ""}, {`alpn = []`, ""}, {`ca-file = "DIR/ca.pem"`, ""}, {`ca-verify-file = "DIR/ca.pem"`, ""}, {`verify = "optional", ca-file = "DIR/ca.pem"`, ""},
		{`ca-ignore-err = "all"`, ""}, {`crt-ignore-err = "10,X509_V_ERR_CERT_HAS_EXPIRED"`, ""}, {`generate-certificates = true, ca-sign-file = "DIR/sign.pem", ca-sign-pass = "x"`, ""},
		{`ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"`, ""}, {`ciphersuites = "TLS_AES_128_GCM_SHA256"`, "stays on"}, {`client-sigalgs = "ECDSA+SHA256"`, "client-sigalgs is ignored"},
		{`crl-file = "DIR/crl.pem"`, ""}, {`crt = "DIR/site.pem"`, ""}, {`crt-list = "DIR/list"`, ""}, {`default-crt = "DIR/site.pem"`, ""}, {`curves = "X25519"`, ""}, {`ecdhe = "P-256"`, ""},
		{`no-ca-names = true`, ""}, {`npn = "h2"`, "npn is ignored"}, {`prefer-client-ciphers = true`, "names AES or ChaCha20 first"}, {`sigalgs = "ECDSA+SHA256"`, ""},
		{`ssl-min-ver = "TLSv1.3"`, ""}, {`ssl-max-ver = "TLSv1.2"`, ""}, {`strict-sni = true`, ""}, {`strict-sni = false`, ""}, {`tls-tickets = true`, ""}, {`tls-tickets = false`, ""},
	}
	bindRefused = []keyword{
		{`force-sslv3 = true`, "Go's TLS has no SSLv3"}, {`no-sslv3 = true`, "it is always so; leave it out"}, {`ktls = "on"`, "Go's TLS encrypts by itself; leave it out"},
		{`force-tlsv10 = true`, `write ssl-min-ver = "TLSv1.0", ssl-max-ver = "TLSv1.0"`}, {`force-tlsv11 = true`, `write ssl-min-ver = "TLSv1.1", ssl-max-ver = "TLSv1.1"`},
		{`force-tlsv12 = true`, `write ssl-min-ver = "TLSv1.2", ssl-max-ver = "TLSv1.2"`}, {`force-tlsv13 = true`, `write ssl-min-ver = "TLSv1.3", ssl-max-ver = "TLSv1.3"`},
		{`no-tlsv10 = true`, `write ssl-min-ver = "TLSv1.1"`}, {`no-tlsv11 = true`, `write ssl-min-ver = "TLSv1.2"`}, {`no-tlsv12 = true`, `write ssl-min-ver = "TLSv1.3"`}, {`no-tlsv13 = true`, `write ssl-max-ver = "TLSv1.2"`},
		{`no-alpn = true`, "write alpn = []"}, {`no-strict-sni = true`, "write strict-sni = false"}, {`no-tls-tickets = true`, "write tls-tickets = false"},
	}
	serverTaken = []keyword{
		{`alpn = "h2,http/1.1"`, ""}, {`ca-file = "DIR/ca.pem"`, ""}, {`check-alpn = "http/1.1"`, ""}, {`check-sni = "a"`, ""}, {`ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"`, ""},
		{`ciphersuites = "TLS_AES_128_GCM_SHA256"`, "stays on"}, {`client-sigalgs = "ECDSA+SHA256"`, "client-sigalgs is ignored"}, {`crl-file = "DIR/crl.pem"`, ""}, {`crt = "DIR/site.pem"`, ""},
		{`curves = "X25519"`, ""}, {`npn = "h2"`, "npn is ignored"}, {`renegotiate = true`, ""}, {`sigalgs = "ECDSA+SHA256"`, ""}, {`sni = "str(a)"`, ""}, {`sni-auto = true`, ""}, {`ech = "DIR/ech.pem"`, ""},
		{`ssl-max-ver = "TLSv1.2"`, ""}, {`ssl-min-ver = "TLSv1.3"`, ""}, {`ssl-reuse = true`, ""}, {`ssl-reuse = false`, ""}, {`tls-tickets = true`, ""}, {`tls-tickets = false`, ""}, {`verifyhost = "a"`, ""},
	}
	serverRefused = []keyword{
		{`allow-0rtt = true`, "Go's TLS sends no early data to servers"}, {`check-sni-auto = true`, "checks name the host of the server's address"}, {`no-check-sni-auto = true`, `write check-sni = "NAME"`},
		{`force-sslv3 = true`, "Go's TLS has no SSLv3"}, {`no-sslv3 = true`, "it is always so"}, {`ktls = "on"`, "Go's TLS encrypts by itself; leave it out"},
		{`force-tlsv10 = true`, `ssl-max-ver = "TLSv1.0"`}, {`force-tlsv11 = true`, `ssl-max-ver = "TLSv1.1"`}, {`force-tlsv12 = true`, `ssl-max-ver = "TLSv1.2"`}, {`force-tlsv13 = true`, `ssl-max-ver = "TLSv1.3"`},
		{`no-tlsv10 = true`, `"TLSv1.1"`}, {`no-tlsv11 = true`, `"TLSv1.2"`}, {`no-tlsv12 = true`, `"TLSv1.3"`}, {`no-tlsv13 = true`, `write ssl-max-ver = "TLSv1.2"`},
		{`no-renegotiate = true`, "unless renegotiate = true"}, {`no-sni-auto = true`, "write sni-auto = false"}, {`no-ssl-reuse = true`, "write ssl-reuse = false"}, {`no-tls-tickets = true`, "write tls-tickets = false"},
	}
	// Beside tls, and where it should be in it.
	outerTaken = []keyword{{`check-ssl = true`, ""}, {`check-ssl = false`, ""}, {`check-ssl = { verify = "none", alpn = "http/1.1" }`, ""}, {`tls = true, address = "a.example.com:443"`, ""}, {`tls = false`, ""},
		{`send-proxy-v2-ssl = true`, ""}, {`send-proxy-v2-ssl-cn = true`, ""}, {`check-send-proxy = true`, ""}, {`proxy-v2-options = "ssl"`, "write send-proxy-v2 = true too"}, {`set-proxy-v2-tlv-fmt = { 0xe0 = "a" }`, "write send-proxy-v2 = true too"},
		{`send-proxy-v2 = true, proxy-v2-options = "ssl, cert-cn,ssl-cipher"`, ""}, {`send-proxy-v2 = true, proxy-v2-options = ["cert-sig", "cert-key", "authority", "crc32c", "unique-id"]`, ""},
		{`send-proxy-v2 = true, set-proxy-v2-tlv-fmt = { 0xe0 = "%[src]", NETNS = "x", 0x20 = "%[fc_pp_tlv(0x20)]" }`, ""}}
	outerRefused = []keyword{
		{`ssl = true`, "write tls = true"}, {`no-ssl = true`, "write tls = false"}, {`no-check-ssl = true`, "write check-ssl = false"}, {`verify = "none"`, "write tls = { verify = ... }"},
		{`sni = "str(a)"`, "write tls = { sni = ... }"}, {`check-pool-conn-name = "a"`, "health checks have connections of their own"}, {`check-reuse-pool = true`, "health checks have connections of their own"}, {`no-verifyhost = true`, `write verifyhost = ""`},
		{`no-send-proxy-v2-ssl = true`, "write send-proxy-v2-ssl = false"}, {`check-proto = "h2"`, "health checks speak HTTP/1.1"}, {`check-via-socks4 = true`, "without a SOCKS proxy"},
		{`proxy-v2-options = "ssl,nothing"`, `unknown option "nothing"`}, {`proxy-v2-options = ["ssl", ""]`, "an empty name"},
	}
	frontendRefused = []keyword{{`ssl-f-use = "crt site.pem"`, "name the certificate in the bind"}}
	loadTaken       = []keyword{{`alias = "a1"`, ""}, {`key = "DIR/site.pem"`, ""}, {`ocsp-update = "on"`, ""}}
	loadRefused     = []keyword{{`acme = "x"`, "in the bind's tls"}, {`domains = "a"`, "in the bind's tls"}, {`ips = "a"`, "in the bind's tls"}, {`generate-dummy = "on"`, "starts without"}, {`keytype = "RSA"`, "starts without"}, {`bits = 2048`, "starts without"}, {`curves = "P-256"`, "starts without"}, {`jwt = "on"`, "certificates are for TLS alone"}}
	lineTaken       = []keyword{
		{"alpn h2", ""}, {"no-alpn", ""}, {"ca-file DIR/ca.pem", ""}, {"ca-verify-file DIR/ca.pem", ""}, {"ciphers ECDHE-ECDSA-AES128-GCM-SHA256", ""}, {"ciphersuites TLS_AES_128_GCM_SHA256", "stays on"},
		{"client-sigalgs ECDSA+SHA256", "client-sigalgs is ignored"}, {"crl-file DIR/crl.pem", ""}, {"curves X25519", ""}, {"ecdhe P-256", ""}, {"no-ca-names", ""}, {"npn h2", "npn is ignored"}, {"sigalgs ECDSA+SHA256", ""},
		{"ssl-max-ver TLSv1.2", ""}, {"ssl-min-ver TLSv1.3", ""}, {"verify optional ca-file DIR/ca.pem", ""}, {"ocsp-update off", ""},
	}
	lineRefused = []keyword{{"allow-0rtt", "no early data over TCP"}, {"ktls on", "Go's TLS encrypts by itself; leave it out"}, {"no-tlsv12", `write ssl-min-ver = "TLSv1.3"`}}
)

// Every keyword of HAProxy's about TLS is taken, or refused with a word of its own.
func TestKeywords(t *testing.T) {
	ca := newAuthority(t)
	ca.issue("site.pem", false, "a.example.com")
	ca.revoke("crl.pem", time.Now().Add(time.Hour))
	ca.signing("sign.pem")
	lab.Write(t, filepath.Join(ca.dir, "list"), ca.dir+"/site.pem\n")
	key, _ := echKey(t)
	lab.Write(t, filepath.Join(ca.dir, "ech.pem"), key)
	if err := os.Mkdir(filepath.Join(ca.dir, "chains"), 0o700); err != nil {
		t.Fatal(err)
	}
	type line struct {
		keyword
		file string
		n    int
	}
	for _, taken := range []bool{true, false} {
		var lines []line
		dir := t.TempDir()
		write := func(name string, texts []string, keywords []keyword) {
			file := filepath.Join(dir, name)
			for i, text := range texts {
				texts[i] = strings.ReplaceAll(strings.ReplaceAll(text, "/DIR", ca.dir), "DIR", ca.dir)
				if i > 0 && i <= len(keywords) {
					lines = append(lines, line{keywords[i-1], file, i + 1})
				}
			}
			lab.Write(t, file, strings.Join(texts, "\n")+"\n")
		}
		each := func(name, head string, form func(int, string) string, keywords []keyword) {
			texts := []string{head}
			for i, k := range keywords {
				texts = append(texts, form(i, k.text))
			}
			write(name, texts, keywords)
		}
		pick := func(a, b []keyword) []keyword {
			if taken {
				return a
			}
			return b
		}
		server := func(prefix, tls string) func(int, string) string {
			return func(i int, k string) string {
				if !strings.Contains(k, "address = ") {
					k += `, address = "a.example.com:443"`
				}
				return fmt.Sprintf(`backend.%s%d = { servers = [{ `+tls+` }] }`, prefix, i, k)
			}
		}
		lab.Write(t, filepath.Join(dir, "a.toml"), defaults)
		each("global.toml", "[global]", func(_ int, k string) string { return k }, pick(globalTaken, globalRefused))
		each("bind.toml", "# binds", func(i int, k string) string {
			if !strings.HasPrefix(k, "crt = ") {
				k = `crt = "DIR/site.pem", ` + k
			}
			return fmt.Sprintf(`frontend.b%d = { bind = { address = "127.0.0.1:%d", tls = { %s } } }`, i, 20000+i, k)
		}, pick(bindTaken, bindRefused))
		each("server.toml", "# servers", func(i int, k string) string {
			return fmt.Sprintf(`backend.s%d = { mode = "http", servers = [{ address = "a.example.com:443", tls = { %s } }] }`, i, k)
		}, pick(serverTaken, serverRefused))
		each("outer.toml", "# beside tls", server("o", "%s"), pick(outerTaken, outerRefused))
		each("frontend.toml", "# frontends", func(i int, k string) string { return fmt.Sprintf("frontend.f%d = { %s }", i, k) }, pick(nil, frontendRefused))
		each("load.toml", "# certificates of stores", func(i int, k string) string {
			return fmt.Sprintf(`crt-store.c%d.load = { crt = "DIR/site.pem", %s }`, i, k)
		}, pick(loadTaken, loadRefused))
		if !taken { // lists are read once the rest is right
			check(t, dir, false, func(f func(string, int, keyword)) {
				for _, l := range lines {
					f(l.file, l.n, l.keyword)
				}
			})
			lines, dir = nil, t.TempDir()
			lab.Write(t, filepath.Join(dir, "a.toml"), defaults)
		}
		each("list", "# lines", func(_ int, k string) string { return "DIR/site.pem [" + k + "]" }, pick(lineTaken, lineRefused))
		lab.Write(t, filepath.Join(dir, "lists.toml"), `frontend.list = { bind = { address = "127.0.0.1:443", tls = { crt-list = "`+dir+`/list" } } }`+"\n")
		check(t, dir, taken, func(f func(string, int, keyword)) {
			for _, l := range lines {
				f(l.file, l.n, l.keyword)
			}
		})
	}
}

// check validates the files of a directory, and looks for what is said of each line.
func check(t *testing.T, dir string, taken bool, each func(func(file string, n int, k keyword))) {
	t.Helper()
	args := []string{"validate"}
	files, err := filepath.Glob(filepath.Join(dir, "*.toml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		args = append(args, "--config", f)
	}
	_, stderr, code := lab.Run(t, lab.Binary(t), args...)
	if want := map[bool]int{true: 0, false: 2}[taken]; code != want {
		t.Errorf("exit status %d\n%s", code, stderr)
	}
	kind := map[bool]string{true: "warning: ", false: "error: "}[taken]
	seen := 0
	each(func(file string, n int, k keyword) {
		seen++
		said := ""
		for l := range strings.SplitSeq(stderr, "\n") {
			if strings.Contains(l, fmt.Sprintf("%s:%d:", file, n)) {
				said += l + "\n"
			}
		}
		if (said == "") != (k.says == "") || !strings.Contains(said, k.says) || said != "" && !strings.Contains(said, kind) {
			t.Errorf("%s: %q, want %q", k.text, said, k.says)
		}
	})
	t.Logf("%d keywords, taken: %v", seen, taken)
}
