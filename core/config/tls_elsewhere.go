package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// What is said of HAProxy's keywords about TLS that are no keys here, or stand
// elsewhere. Flags that begin with "no-" are keys that are false.

// noneOf are parts of OpenSSL, or of HAProxy's use of it, that have no counterpart.
var noneOf = map[string]string{
	"ssl-engine":         "engines are OpenSSL's: Go's TLS has none",
	"ssl-provider":       "providers are OpenSSL's: Go's TLS has none",
	"ssl-provider-path":  "providers are OpenSSL's: Go's TLS has none",
	"ssl-propquery":      "providers are OpenSSL's: Go's TLS has none",
	"ssl-mode-async":     "engines are OpenSSL's: Go's TLS has none to wait for",
	"ssl-security-level": "levels of security are OpenSSL's: Go's TLS refuses what is not safe by itself, and ssl-min-ver, ciphers and sigalgs say more",
	"noktls":             "the kernel does no TLS here: it is always so",
	"ktls":               "the kernel does no TLS here: Go's TLS encrypts by itself",
	"force-sslv3":        "Go's TLS has no SSLv3",
	"no-sslv3":           "Go's TLS has no SSLv3: it is always so",
	"no-renegotiate":     "nobody may renegotiate unless renegotiate = true",
	"httpclient":         "nothing here asks over HTTPS for itself but sections [acme.NAME], which have settings of their own",
}

// leaveOut is the hint for them.
const leaveOut = "leave it out"

// elsewhereInTLS says what holds for keys of TLS tables on both sides.
func elsewhereInTLS(key string) (why, instead string) {
	if why := noneOf[key]; why != "" {
		return why, leaveOut
	}
	if v, ok := strings.CutPrefix(key, "force-tlsv1"); ok && isMinor(v) {
		return another(key), fmt.Sprintf(`write ssl-min-ver = "TLSv1.%s", ssl-max-ver = "TLSv1.%[1]s"`, v)
	}
	switch key {
	case "no-tlsv10", "no-tlsv11", "no-tlsv12":
		return another(key), fmt.Sprintf(`write ssl-min-ver = "TLSv1.%c"`, key[len(key)-1]+1)
	case "no-tlsv13":
		return another(key), `write ssl-max-ver = "TLSv1.2"`
	case "no-alpn":
		return another(key), "write alpn = []"
	}
	return "", ""
}

func isMinor(v string) bool { return len(v) == 1 && v >= "0" && v <= "3" }

func another(key string) string { return key + " is written otherwise here" }

// negated says of "no-KEY" that KEY is false.
func negated(key string, known ...string) (why, instead string) {
	if of, ok := strings.CutPrefix(key, "no-"); ok && slices.Contains(known, of) {
		return another(key), "write " + of + " = false"
	}
	return "", ""
}

// within says that a key belongs into a table.
func within(key, table string, of reflect.Type) (why, instead string) {
	if slices.Contains(tree.Keys(of), key) {
		return fmt.Sprintf("%s belongs into %s", key, table), fmt.Sprintf("write %s = { %s = ... }", table, key)
	}
	return "", ""
}

// first gives the first that says something.
func first(all ...func() (string, string)) (why, instead string) {
	for _, f := range all {
		if why, instead = f(); why != "" {
			break
		}
	}
	return why, instead
}

// Elsewhere says where else settings of [global] are.
func (*Global) Elsewhere(key string) (why, instead string) {
	if why := noneOf[key]; why != "" {
		return why, leaveOut
	}
	return "", ""
}

// plainTune is Tune as it is decoded.
type plainTune Tune

// Elsewhere says where else settings of tune are.
func (*plainTune) Elsewhere(key string) (why, instead string) {
	switch key {
	case "ssl.ocsp-update.mindelay", "ssl.ocsp-update.maxdelay":
		of := key[strings.LastIndex(key, ".")+1:]
		return another("tune." + key), fmt.Sprintf("write ocsp-update = { %s = ... } in [global]", of)
	}
	return "", ""
}

// Elsewhere says where else settings of a frontend are.
func (*FrontendOwn) Elsewhere(key string) (why, instead string) {
	if key == "ssl-f-use" {
		return another(key), `name the certificate in the bind: tls = { crt = "FILE" }, or in a crt-list if it has settings of its own`
	}
	return "", ""
}

// Elsewhere says where else settings of a bind are.
func (*Bind) Elsewhere(key string) (why, instead string) {
	if key == "ssl" {
		return another(key), `write tls = { crt = "FILE" }`
	}
	return first(
		func() (string, string) { return within(key, "tls", reflect.TypeFor[BindTLS]()) },
		func() (string, string) { return (*BindTLS)(nil).Elsewhere(key) },
	)
}

// Elsewhere says how else such settings are written.
func (*BindTLS) Elsewhere(key string) (why, instead string) {
	return first(
		func() (string, string) { return negated(key, "tls-tickets", "strict-sni") },
		func() (string, string) { return elsewhereInTLS(key) },
	)
}

// Elsewhere says how else such settings are written.
func (*BindOptions) Elsewhere(key string) (why, instead string) {
	return (*BindTLS)(nil).Elsewhere(key)
}

// Elsewhere says where else settings of a server are.
func (*ServerSettings) Elsewhere(key string) (why, instead string) {
	switch key {
	case "ssl":
		return another(key), "write tls = true"
	case "no-ssl":
		return another(key), "write tls = false"
	case "check-pool-conn-name", "check-reuse-pool", "no-check-reuse-pool":
		return "health checks have connections of their own, which nobody else uses", leaveOut
	case "check-proto":
		return "health checks speak HTTP/1.1, also with a server of proto = \"h2\"", leaveOut
	case "socks4", "check-via-socks4":
		return "servers are reached without a SOCKS proxy", leaveOut
	}
	return first(
		func() (string, string) {
			return negated(key, "check-ssl", "check", "backup", "tfo", "send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn")
		},
		func() (string, string) { return within(key, "tls", reflect.TypeFor[ServerTLS]()) },
		func() (string, string) { return (*ServerTLS)(nil).Elsewhere(key) },
	)
}

// Elsewhere says how else such settings are written.
func (*ServerTLS) Elsewhere(key string) (why, instead string) {
	switch key {
	case "allow-0rtt":
		return "allow-0rtt cannot be: Go's TLS sends no early data to servers over TCP, and quic@ servers are sent none here", leaveOut
	case "no-verifyhost":
		return another(key), `write verifyhost = ""`
	case "check-sni-auto":
		return "check-sni-auto is always so: checks name the host of the server's address, or verifyhost", `leave it out, or write check-sni = "NAME"`
	case "no-check-sni-auto":
		return "check-sni-auto is always so: checks name the host of the server's address, or verifyhost", `write check-sni = "NAME"`
	}
	return first(
		func() (string, string) { return negated(key, "tls-tickets", "ssl-reuse", "sni-auto") },
		func() (string, string) { return elsewhereInTLS(key) },
	)
}

// Elsewhere says how else such settings are written.
func (*ServerOptions) Elsewhere(key string) (why, instead string) {
	return (*ServerTLS)(nil).Elsewhere(key)
}

// Elsewhere says where else settings of a certificate are.
func (*CrtLoad) Elsewhere(key string) (why, instead string) {
	switch key {
	case "acme", "domains", "ips":
		return another(key), `write acme = ["NAME"] and issuer = "SECTION" in the bind's tls, which keeps certificates by itself`
	case "generate-dummy", "keytype", "bits", "curves":
		return "certificates that are to come need no stand-in here", leaveOut + `: a bind with acme = ["NAME"] starts without`
	case "jwt":
		return "certificates are for TLS alone here", leaveOut
	}
	return "", ""
}
