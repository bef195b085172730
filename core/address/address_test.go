package address

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

func inet(host string, port uint16) Address {
	a := Address{Host: host, HasPort: true, PortLow: port, PortHigh: port}
	if ip, err := netip.ParseAddr(host); err == nil {
		a.IP = ip
	}
	return a
}

func with(a Address, change func(*Address)) Address {
	change(&a)
	return a
}

func noPort(a *Address) { a.HasPort, a.PortLow, a.PortHigh = false, 0, 0 }
func offset(n int) addrEdit {
	return func(a *Address) { noPort(a); a.HasOffset, a.PortOffset = true, n }
}
func network(n Network, f Family) addrEdit {
	return func(a *Address) { a.Network, a.Family, a.Dgram = n, f, n == UDP }
}

type addrEdit = func(*Address)

func TestParseBind(t *testing.T) {
	tests := []struct {
		in   string
		want []Address
		out  string // canonical, when it is not in
	}{
		{in: ":80", want: []Address{inet("", 80)}},
		{in: "*:80", want: []Address{inet("*", 80)}},
		{in: "10.0.0.1:080", want: []Address{inet("10.0.0.1", 80)}, out: "10.0.0.1:80"},
		{in: "127.0.0.1:0", want: []Address{inet("127.0.0.1", 0)}},
		{in: "web_1.example.com:80", want: []Address{inet("web_1.example.com", 80)}},
		{in: "example.com.:80", want: []Address{inet("example.com.", 80)}},
		{in: "[::1]:80", want: []Address{inet("::1", 80)}},
		{in: "::1:80", want: []Address{inet("::1", 80)}, out: "[::1]:80"},
		{in: ":::80", want: []Address{inet("::", 80)}, out: "[::]:80"},
		{in: "[2001:DB8:0:0::1]:80", want: []Address{inet("2001:db8::1", 80)}, out: "[2001:db8::1]:80"},
		{in: "[::ffff:10.0.0.1]:80", want: []Address{inet("::ffff:10.0.0.1", 80)}},
		{in: "[fe80::1%eth0]:80", want: []Address{inet("fe80::1%eth0", 80)}},
		{in: "fe80::1%eth0:80", want: []Address{inet("fe80::1%eth0", 80)}, out: "[fe80::1%eth0]:80"},
		{in: "10.0.0.1:2000-2100", want: []Address{with(inet("10.0.0.1", 2000), func(a *Address) { a.PortHigh = 2100 })}},
		{in: ":80-80", want: []Address{inet("", 80)}, out: ":80"},

		{in: "tcp@:80", want: []Address{inet("", 80)}, out: ":80"},
		{in: "ip@:80", want: []Address{inet("", 80)}, out: ":80"},
		{in: "stream+ip@:80", want: []Address{inet("", 80)}, out: ":80"},
		{in: "stream+tcp@:80", want: []Address{inet("", 80)}, out: ":80"},
		{in: "stream+:80", want: []Address{inet("", 80)}, out: ":80"},
		{in: "ipv4@public_ssl:443", want: []Address{with(inet("public_ssl", 443), network(TCP, V4))}},
		{in: "tcp4@:80", want: []Address{with(inet("", 80), network(TCP, V4))}, out: "ipv4@:80"},
		{in: "ipv6@:80", want: []Address{with(inet("", 80), network(TCP, V6))}},
		{in: "tcp6@::1:80", want: []Address{with(inet("::1", 80), network(TCP, V6))}, out: "ipv6@[::1]:80"},
		{in: "mptcp@:443", want: []Address{with(inet("", 443), network(MPTCP, Any))}},
		{in: "mptcp4@10.0.0.1:443", want: []Address{with(inet("10.0.0.1", 443), network(MPTCP, V4))}},
		{in: "stream+mptcp6@[::1]:443", want: []Address{with(inet("::1", 443), network(MPTCP, V6))}, out: "mptcp6@[::1]:443"},
		{in: "quic@:443", want: []Address{with(inet("", 443), network(QUIC, Any))}},
		{in: "quic4@10.0.0.1:8888", want: []Address{with(inet("10.0.0.1", 8888), network(QUIC, V4))}},
		{in: "quic+ipv6@:443", want: []Address{with(inet("", 443), network(QUIC, V6))}, out: "quic6@:443"},
		{in: "udp@:53", want: []Address{with(inet("", 53), network(UDP, Any))}},
		{in: "udp4@:53", want: []Address{with(inet("", 53), network(UDP, V4))}},
		{in: "dgram+ipv6@:53", want: []Address{with(inet("", 53), network(UDP, V6))}, out: "udp6@:53"},

		{in: "/run/lb.sock", want: []Address{{Network: Unix, Path: "/run/lb.sock"}}},
		{in: "/run/a@b", want: []Address{{Network: Unix, Path: "/run/a@b"}}},
		{in: "unix@ssl-frontend.sock", want: []Address{{Network: Unix, Path: "ssl-frontend.sock"}}},
		{in: "uxst@/run/lb.sock", want: []Address{{Network: Unix, Path: "/run/lb.sock"}}, out: "/run/lb.sock"},
		{in: "uxdg@/run/lb.sock", want: []Address{{Network: Unix, Dgram: true, Path: "/run/lb.sock"}}, out: "dgram+/run/lb.sock"},
		{in: "dgram+unix@x", want: []Address{{Network: Unix, Dgram: true, Path: "x"}}},
		{in: "abns@lb", want: []Address{{Network: Abns, Path: "lb"}}},
		{in: "abnsz@a:b@c", want: []Address{{Network: Abnsz, Path: "a:b@c"}}},
		{in: "acme.kcp@10.0.0.1:80", want: []Address{with(inet("10.0.0.1", 80), func(a *Address) { a.Network, a.Name = Plugin, "acme.kcp" })}},
		{in: "stream+acme.kcp@[::1]:80-81", want: []Address{with(inet("::1", 80), func(a *Address) { a.Network, a.Name, a.PortHigh = Plugin, "acme.kcp", 81 })}, out: "acme.kcp@[::1]:80-81"},
		{in: "fd@7", want: []Address{{Network: FD, FD: 7}}},
		{in: "dgram+fd@7", want: []Address{{Network: FD, Dgram: true, FD: 7}}},
		{in: "sockpair@0", want: []Address{{Network: SockPair}}},

		{in: ":80,:443", want: []Address{inet("", 80), inet("", 443)}},
		{in: " mptcp@:80 , /run/x ,fd@3", want: []Address{
			with(inet("", 80), network(MPTCP, Any)), {Network: Unix, Path: "/run/x"}, {Network: FD, FD: 3},
		}, out: "mptcp@:80,/run/x,fd@3"},
	}
	for _, tt := range tests {
		got, err := ParseBind(tt.in)
		if err != nil {
			t.Errorf("ParseBind(%q): %v", tt.in, err)
			continue
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("ParseBind(%q)\n got %+v\nwant %+v", tt.in, got, tt.want)
		}
		if tt.out == "" {
			tt.out = tt.in
		}
		if s := join(got); s != tt.out {
			t.Errorf("ParseBind(%q) is written %q, want %q", tt.in, s, tt.out)
		}
	}
}

func join(list []Address) string {
	var parts []string
	for _, a := range list {
		parts = append(parts, a.String())
	}
	return strings.Join(parts, ",")
}

func TestParseOthers(t *testing.T) {
	tests := []struct {
		name  string
		parse func(string) (Address, error)
		in    string
		want  Address
		out   string
	}{
		{"server", ParseServer, "10.0.0.1:8080", inet("10.0.0.1", 8080), ""},
		{"server", ParseServer, "10.0.0.1", with(inet("10.0.0.1", 0), noPort), ""},
		{"server", ParseServer, "10.0.0.1:", with(inet("10.0.0.1", 0), noPort), "10.0.0.1"},
		{"server", ParseServer, "[::1]", with(inet("::1", 0), noPort), ""},
		{"server", ParseServer, "::1:80", inet("::1", 80), "[::1]:80"},
		{"server", ParseServer, "*", with(inet("*", 0), noPort), ""},
		{"server", ParseServer, "ipv4@", with(inet("", 0), func(a *Address) { noPort(a); a.Family = V4 }), ""},
		{"server", ParseServer, "tcp@", with(inet("", 0), noPort), ""},
		{"server", ParseServer, ":80", inet("", 80), ""},
		{"server", ParseServer, "app:+1000", with(inet("app", 0), offset(1000)), ""},
		{"server", ParseServer, "app:-80", with(inet("app", 0), offset(-80)), ""},
		{"server", ParseServer, "*:-0", with(inet("*", 0), offset(0)), "*:+0"},
		{"server", ParseServer, "mptcp@[::1]:+1", with(inet("::1", 0), func(a *Address) { offset(1)(a); a.Network = MPTCP }), ""},
		{"server", ParseServer, "/run/a,b", Address{Network: Unix, Path: "/run/a,b"}, ""},
		{"server", ParseServer, "sockpair@4", Address{Network: SockPair, FD: 4}, ""},

		{"source", ParseSource, "10.0.0.9", with(inet("10.0.0.9", 0), noPort), ""},
		{"source", ParseSource, "0.0.0.0:0", inet("0.0.0.0", 0), ""},
		{"source", ParseSource, "ipv6@[fe80::1%eth0]", with(inet("fe80::1%eth0", 0), func(a *Address) { noPort(a); a.Family = V6 }), ""},
		{"source", ParseSource, "10.0.0.9:1025-65000", with(inet("10.0.0.9", 1025), func(a *Address) { a.PortHigh = 65000 }), ""},
		{"source", ParseSource, "abns@me", Address{Network: Abns, Path: "me"}, ""},

		{"dgram", ParseDgram, "10.0.0.1:514", with(inet("10.0.0.1", 514), network(UDP, Any)), "udp@10.0.0.1:514"},
		{"dgram", ParseDgram, "ipv4@log", with(inet("log", 0), func(a *Address) { noPort(a); network(UDP, V4)(a) }), "udp4@log"},
		{"dgram", ParseDgram, "tcp@10.0.0.1:514", inet("10.0.0.1", 514), "10.0.0.1:514"},
		{"dgram", ParseDgram, "stream+ip@10.0.0.1:514", inet("10.0.0.1", 514), "10.0.0.1:514"},
		{"dgram", ParseDgram, "/dev/log", Address{Network: Unix, Dgram: true, Path: "/dev/log"}, "dgram+/dev/log"},
		{"dgram", ParseDgram, "uxst@/dev/log", Address{Network: Unix, Path: "/dev/log"}, "/dev/log"},
	}
	for _, tt := range tests {
		got, err := tt.parse(tt.in)
		if err != nil {
			t.Errorf("%s %q: %v", tt.name, tt.in, err)
			continue
		}
		if got != tt.want {
			t.Errorf("%s %q\n got %+v\nwant %+v", tt.name, tt.in, got, tt.want)
		}
		if tt.out == "" {
			tt.out = tt.in
		}
		if s := got.String(); s != tt.out {
			t.Errorf("%s %q is written %q, want %q", tt.name, tt.in, s, tt.out)
		}
	}
}

func mustServer(t *testing.T, s string) Address {
	t.Helper()
	a, err := ParseServer(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestEach(t *testing.T) {
	tests := []struct{ in, want string }{
		{":80", ":80"},
		{"/run/x", "/run/x"},
		{"mptcp@[::1]:65533-65535", "mptcp@[::1]:65533 mptcp@[::1]:65534 mptcp@[::1]:65535"},
	}
	for _, tt := range tests {
		list, err := ParseBind(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for one := range list[0].Each() {
			if one.IsRange() {
				t.Errorf("%q: %q is still a range", tt.in, one)
			}
			got = append(got, one.String())
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, s, tt.want)
		}
	}
	list, err := ParseBind(":1-65535")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for range list[0].Each() {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("breaking out of Each after 3 left %d", n)
	}
}

func TestDialPort(t *testing.T) {
	tests := []struct {
		in     string
		client uint16
		want   uint16
		ok     bool
	}{
		{"app:8080", 443, 8080, true},
		{"app:8080", 0, 8080, true},
		{"app", 443, 443, true},
		{"app", 0, 0, false},
		{"app:+1000", 80, 1080, true},
		{"app:-80", 443, 363, true},
		{"app:-80", 80, 0, false},
		{"app:+1", 65535, 0, false},
		{"app:+1", 0, 0, false},
	}
	for _, tt := range tests {
		got, ok := mustServer(t, tt.in).DialPort(tt.client)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%q for client port %d: %d, %v; want %d, %v", tt.in, tt.client, got, ok, tt.want, tt.ok)
		}
	}
}

func TestProtocolAndHost(t *testing.T) {
	tests := []struct {
		in       string
		protocol string
		wildcard bool
		bind     string // "" when there is no IP address to bind to
	}{
		{":80", "tcp", true, "0.0.0.0"},
		{"*:80", "tcp", true, "0.0.0.0"},
		{"0.0.0.0:80", "tcp", true, "0.0.0.0"},
		{"[::]:80", "tcp", true, "::"},
		{"ipv6@:80", "tcp", true, "::"},
		{"[::%eth0]:80", "tcp", false, "::%eth0"},
		{"mptcp@10.0.0.1:80", "mptcp", false, "10.0.0.1"},
		{"quic@app:443", "quic", false, ""},
		{"udp@:53", "udp", true, "0.0.0.0"},
		{"/run/x", "unix", false, ""},
		{"abns@x", "unix", false, ""},
		{"abnsz@x", "unix", false, ""},
		{"dgram+abns@x", "uxdg", false, ""},
		{"fd@3", "fd", false, ""},
		{"sockpair@3", "sockpair", false, ""},
	}
	for _, tt := range tests {
		list, err := ParseBind(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		a := list[0]
		if got := a.Protocol(); got != tt.protocol {
			t.Errorf("%q: protocol %q, want %q", tt.in, got, tt.protocol)
		}
		if got := a.Wildcard(); got != tt.wildcard {
			t.Errorf("%q: wildcard %v, want %v", tt.in, got, tt.wildcard)
		}
		ip, ok := a.BindIP()
		if ok != (tt.bind != "") || (ok && ip.String() != tt.bind) {
			t.Errorf("%q: binds to %v, %v; want %q", tt.in, ip, ok, tt.bind)
		}
	}
}
