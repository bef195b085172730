package address

import (
	"errors"
	"slices"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		":80,[::1]:443", "mptcp@10.0.0.1:2000-2100", "fe80::1%eth0:80", "dgram+unix@x", "abns@a", "fd@3",
		"app:+1000", "app:-1", "ipv4@", "tcp@", "quic+ipv6@:443", "sockpair@4", "[::ffff:1.2.3.4]:1", "/run/x", "http://a", "acme.kcp@:80",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseBind(s)
		checkError(t, s, err)
		if err == nil {
			again, err := ParseBind(join(list))
			if err != nil || !slices.Equal(list, again) {
				t.Fatalf("bind %q is written %q and parses back to %+v, %v; want %+v", s, join(list), again, err, list)
			}
		}
		for name, parse := range map[string]func(string) (Address, error){
			"server": ParseServer, "source": ParseSource, "dgram": ParseDgram,
		} {
			a, err := parse(s)
			checkError(t, s, err)
			if err != nil || (name == "dgram" && !a.Dgram) { // see String about streams
				continue
			}
			if again, err := parse(a.String()); err != nil || again != a {
				t.Fatalf("%s %q is written %q and parses back to %+v, %v; want %+v", name, s, a, again, err, a)
			}
		}
	})
}

func checkError(t *testing.T, s string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var e *Error
	if !errors.As(err, &e) || e.Input != s || e.Offset < 0 || e.Offset > len(s) || e.Text == "" {
		t.Fatalf("%q: error %#v", s, err)
	}
}
