package rfc2136_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/integration/lab"
	"github.com/fairleadproxy/fairlead/plugins/dns-rfc2136"
)

const key = lab.KnotKey

func TestConformance(t *testing.T) {
	moduletest.Run(t, secure.DNSKind, "rfc2136", `server = "127.0.0.1"`, "server = \"127.0.0.1:53\"\nkey-name = \"fairlead\"\nkey = \""+key+"\"")
}

func TestBadConfig(t *testing.T) {
	for want, c := range map[string]rfc2136.Config{
		"key-name and key belong together": {Server: "127.0.0.1", Key: key},
		"key: this is not base64":          {Server: "127.0.0.1", KeyName: "a", Key: "?"},
	} {
		if _, err := rfc2136.New(nil, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}

// texts asks for the TXT records of a name.
func texts(t *testing.T, server, name string) []string {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(name, dns.TypeTXT)
	answer, _, err := (&dns.Client{Net: "tcp"}).Exchange(m, server)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, rr := range answer.Answer {
		list = append(list, rr.(*dns.TXT).Txt...)
	}
	return list
}

func TestUpdates(t *testing.T) {
	server := lab.Knot(t)
	p, err := rfc2136.New(nil, rfc2136.Config{Server: server, KeyName: "fairlead", Key: key, KeyAlgorithm: "hmac-sha256", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	one := secure.TXT{Zone: "example.com.", Name: "_acme-challenge.www", Text: "one", TTL: time.Minute}
	two := one
	two.Text = "two"
	for _, r := range []secure.TXT{one, two} {
		if err := p.Append(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	if got := texts(t, server, "_acme-challenge.www.example.com."); len(got) != 2 {
		t.Errorf("the zone has %v, want one and two", got)
	}
	if err := p.Delete(ctx, one); err != nil {
		t.Fatal(err)
	}
	if got := texts(t, server, "_acme-challenge.www.example.com."); len(got) != 1 || got[0] != "two" {
		t.Errorf("the zone has %v, want two alone", got)
	}
	if err := p.Delete(ctx, one); err != nil {
		t.Errorf("removing what is not there: %v", err)
	}
}

func TestRefused(t *testing.T) {
	server := lab.Knot(t)
	for name, c := range map[string]rfc2136.Config{
		"unsigned":  {Server: server, Timeout: 5 * time.Second},
		"wrong key": {Server: server, KeyName: "fairlead", Key: "d3Jvbmc=", KeyAlgorithm: "hmac-sha256", Timeout: 5 * time.Second},
	} {
		p, err := rfc2136.New(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		err = p.Append(context.Background(), secure.TXT{Zone: "example.com.", Name: "a", Text: "b"})
		if err == nil || !strings.Contains(err.Error(), "example.com.") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
