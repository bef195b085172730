package tls

import (
	"crypto/tls"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// Logs tell why there is no connection with a server as HAProxy's do.
func TestWhyNoServer(t *testing.T) {
	lab.Need(t, "haproxy")
	ca := newAuthority(t)
	site := ca.issue("site.pem", false, "site.example.com")
	pair, err := tls.LoadX509KeyPair(site, site)
	if err != nil {
		t.Fatal(err)
	}
	strange := newAuthority(t).file
	origin := numbered(t, pair)
	newest := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		_ = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}).Handshake() // it fails
	})
	closing := lab.Serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096)) // whatever comes
	})
	type backend struct{ name, theirs, ours string }
	backends := []backend{
		{"good", origin + " ssl verify required ca-file " + ca.file + " verifyhost site.example.com", `"` + origin + `", tls = { ca-file = "` + ca.file + `", verifyhost = "site.example.com" }`},
		{"untrusted", origin + " ssl verify required ca-file " + strange + " verifyhost site.example.com", `"` + origin + `", tls = { ca-file = "` + strange + `", verifyhost = "site.example.com" }`},
		{"otherhost", origin + " ssl verify required ca-file " + ca.file + " verifyhost other.example.com", `"` + origin + `", tls = { ca-file = "` + ca.file + `", verifyhost = "other.example.com" }`},
		{"othername", origin + " ssl verify required ca-file " + ca.file + " sni str(other.example.com)", `"` + origin + `", tls = { ca-file = "` + ca.file + `", sni = "str(other.example.com)" }`},
		{"version", newest + " ssl verify none ssl-max-ver TLSv1.2", `"` + newest + `", tls = { verify = "none", ssl-max-ver = "TLSv1.2" }`},
		{"closing", closing + " ssl verify none", `"` + closing + `", tls = { verify = "none" }`},
	}
	ports := map[string]string{"HAProxy": lab.Port(t), "Fairlead": lab.Port(t)}
	theirs := "defaults\n  mode http\n  retries 0\n  timeout connect 20s\n  timeout client 30s\n  timeout server 30s\n  log stdout format raw local0\n  log-format \"why: %b %ts %[bc_err] %[bc_err_str]\"\nfrontend p\n  bind 127.0.0.1:" + ports["HAProxy"] + "\n  use_backend %[path,field(2,/)]\n"
	ours := defaults + "retries = 0\nlog-format = \"why: %b %ts %[bc_err] %[bc_err_str]\"\n[frontend.p]\nbind = \"127.0.0.1:" + ports["Fairlead"] + "\"\nuse-backend = [{ backend = \"%[path,field(2,/)]\" }]\n[backend.refused]\nservers = [\"127.0.0.1:" + lab.Port(t) + "\"]\n"
	for _, b := range backends {
		theirs += "backend " + b.name + "\n  server s " + b.theirs + "\n"
		ours += "[backend." + b.name + "]\nservers = [{ address = " + b.ours + " }]\n"
	}
	processes := map[string]*lab.Process{"HAProxy": lab.HAProxy(t, theirs, ports["HAProxy"]), "Fairlead": lab.Fairlead(t, ours)}
	line := regexp.MustCompile(`why: \w+ (SC|--) .*`)
	logged := map[string]string{}
	for name, port := range ports {
		for _, b := range backends {
			client{"tcp", "127.0.0.1:" + port, nil}.ask(t, "/"+b.name)
		}
		if name == "Fairlead" {
			client{"tcp", "127.0.0.1:" + port, nil}.ask(t, "/refused")
		}
		lab.Until(t, 10*time.Second, name+" has logged all", func() bool {
			logged[name] = strings.Join(line.FindAllString(processes[name].Output(), -1), "\n")
			return strings.Count(logged[name], "why: ") >= len(backends)
		})
	}
	if !strings.HasPrefix(logged["Fairlead"], logged["HAProxy"]) {
		t.Errorf("we log\n%s\nHAProxy logs\n%s", logged["Fairlead"], logged["HAProxy"])
	}
	lab.Until(t, 10*time.Second, "a refused connection is logged", func() bool {
		return strings.Contains(processes["Fairlead"].Output(), "why: refused SC 46 ECONNREFUSED returned by OS")
	})
}
