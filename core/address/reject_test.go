package address

import (
	"errors"
	"strings"
	"testing"
)

func bindErr(s string) error   { _, err := ParseBind(s); return err }
func serverErr(s string) error { _, err := ParseServer(s); return err }
func sourceErr(s string) error { _, err := ParseSource(s); return err }
func dgramErr(s string) error  { _, err := ParseDgram(s); return err }

func TestReject(t *testing.T) {
	long := strings.Repeat("a", 108)
	tests := []struct {
		parse  func(string) error
		in     string
		offset int
		text   string
	}{
		// Lists.
		{bindErr, "", 0, `the address is empty: write one such as ":80" or "10.0.0.1:80"`},
		{bindErr, "  ", 0, `the address is empty: write one such as ":80" or "10.0.0.1:80"`},
		{bindErr, ":80,", 4, `an address is missing beside the comma: write one, or leave the comma out`},
		{bindErr, ":80, ,:81", 5, `an address is missing beside the comma: write one, or leave the comma out`},
		{bindErr, ":80, tpc@:81", 5, `unknown prefix "tpc@": did you mean "tcp@"?`},
		{serverErr, "", 0, `the address is empty: write one such as "10.0.0.1:80"`},
		{serverErr, "10.0.0.1:80,10.0.0.2:80", 11, `one address is wanted and this is a list: write one entry per address`},

		// Prefixes.
		{bindErr, "TCP@:80", 0, `unknown prefix "TCP@": did you mean "tcp@"?`},
		{bindErr, "mtcp@:80", 0, `unknown prefix "mtcp@": did you mean "tcp@"?`},
		{bindErr, "mptpc4@:80", 0, `unknown prefix "mptpc4@": did you mean "mptcp4@"?`},
		{bindErr, "stream+ivp4@:80", 7, `unknown prefix "ivp4@": did you mean "ipv4@"?`},
		{bindErr, "steam+ipv4@:80", 0, `unknown socket type "steam+": did you mean "stream+"?`},
		{bindErr, "sctp+ipv4@:80", 0, `unknown socket type "sctp+": write "stream+" or "dgram+", or leave it out`},
		{bindErr, "@:80", 0, `unknown prefix "@": write one of tcp@ tcp4@ tcp6@ ip@ ipv4@ ipv6@ mptcp@ mptcp4@ mptcp6@ unix@ uxst@ uxdg@ abns@ abnsz@ quic@ quic4@ quic6@ udp@ udp4@ udp6@ fd@ sockpair@, or leave it out for TCP`},
		{bindErr, "rhttp@be/srv", 0, `reverse HTTP ("rhttp@") is not supported: write an address to listen on or to connect to`},
		{bindErr, "dgram+tcp@:80", 0, `"dgram+" does not go with "tcp@": write "tcp@" alone`},
		{bindErr, "stream+udp4@:80", 0, `"stream+" does not go with "udp4@": write "udp4@" alone`},
		{bindErr, "stream+quic@:80", 0, `"stream+" does not go with "quic@": write "quic@" alone`},
		{bindErr, "quic+unix@x", 0, `"quic+" goes with IP addresses only: write "quic+ip@", "quic+ipv4@" or "quic+ipv6@"`},
		{serverErr, "http://app:80/x", 0, `an address is no URL: write "app:80"`},
		{serverErr, "tcp://app:80", 0, `an address is no URL: write "tcp@app:80"`},
		{bindErr, "unix:///run/x", 0, `an address is no URL: write "unix@/run/x"`},
		{serverErr, "http://", 0, `an address is no URL: write "HOST:PORT"`},
		{serverErr, "fd@3", 0, `"fd@" is for binds, which inherit a listening socket: write the address to connect to`},
		{sourceErr, "mptcp@10.0.0.1", 0, `a source address cannot say "mptcp@", its protocol is the server's: write "ipv4@", "ipv6@", "unix@", "abns@" or no prefix`},
		{sourceErr, "dgram+/run/x", 0, `a source address cannot say "dgram+", its protocol is the server's: write "ipv4@", "ipv6@", "unix@", "abns@" or no prefix`},

		// Hosts.
		{bindErr, "localhost", 9, `the port is missing: write "localhost:PORT"`},
		{bindErr, "10.0.0.1:", 9, `the port is missing: write "10.0.0.1:PORT"`},
		{bindErr, "[::1]", 5, `the port is missing: write "[::1]:PORT"`},
		{bindErr, "*", 1, `the port is missing: write "*:PORT"`},
		{bindErr, "8080", 0, `"8080" is a number and no host: write ":8080" if it is the port`},
		{bindErr, "::1", 0, `the port is what follows the last colon, and ":" before it is not an IPv6 address: write "[::1]:PORT"`},
		{serverErr, "2001:db8::1", 0, `the port is what follows the last colon, and "2001:db8:" before it is not an IPv6 address: write "[2001:db8::1]"`},
		{serverErr, "10.0.0.1:80:90", 0, `"10.0.0.1:80" is not an IPv6 address: write one host and one port, such as "10.0.0.1:80" or "[2001:db8::1]:80"`},
		{bindErr, "10.0.0.256:80", 0, `"10.0.0.256" is not an IPv4 address: write four numbers from 0 to 255 without leading zeros, parted by dots`},
		{bindErr, "tcp@10.0.1:80", 4, `"10.0.1" is not an IPv4 address: write four numbers from 0 to 255 without leading zeros, parted by dots`},
		{bindErr, "10.0.0.01:80", 0, `"10.0.0.01" is not an IPv4 address: write four numbers from 0 to 255 without leading zeros, parted by dots`},
		{bindErr, "[::1:80", 7, `"]" is missing after the IPv6 address: write "[ADDRESS]:PORT"`},
		{bindErr, "[::1]80", 5, `"80" follows "]": write "[::1]:PORT"`},
		{bindErr, "[10.0.0.1]:80", 1, `"10.0.0.1" is not an IPv6 address: write one such as "[2001:db8::1]", and IPv4 addresses and names without brackets`},
		{bindErr, "[]:80", 1, `"" is not an IPv6 address: write one such as "[2001:db8::1]", and IPv4 addresses and names without brackets`},
		{bindErr, "ipv4@[::1]:80", 5, `"::1" is of ipv6 and "ipv4@" demands ipv4: write an address of that family, or the prefix of the other`},
		{bindErr, "mptcp6@10.0.0.1:80", 7, `"10.0.0.1" is of ipv4 and "mptcp6@" demands ipv6: write an address of that family, or the prefix of the other`},
		{bindErr, "fe80::1%a]b:80", 0, `"a]b" is not the name of a network interface: write one such as "fe80::1%eth0"`},
		{bindErr, "a..b:80", 2, `an empty label in the name "a..b": write one dot between labels`},
		{bindErr, "my host:80", 2, `" " cannot be in a host name: write letters, digits, "-", "_" and "." only`},
		{bindErr, "bücher.example:80", 1, `the name "bücher.example" has letters beyond ASCII: write its "xn--" form`},
		{serverErr, "a." + long, 2, `a label of the name is longer than 63 bytes: write a shorter one`},
		{serverErr, strings.Repeat("a.", 127), 0, `the name has 254 bytes: write one of at most 253`},

		// Ports.
		{bindErr, ":http", 1, `"http" is not a port: write a number from 1 to 65535`},
		{bindErr, ":80x", 3, `"80x" is not a port: write a number from 1 to 65535`},
		{bindErr, ":65536", 1, `port 65536 is out of range: write a number from 1 to 65535`},
		{bindErr, ":99999999999999999999999", 1, `port 99999999999999999999999 is out of range: write a number from 1 to 65535`},
		{bindErr, ":90-80", 1, `the range of ports runs backwards: write "80-90"`},
		{bindErr, ":80-", 4, `a port is missing: write a number from 1 to 65535`},
		{bindErr, ":0-80", 1, `a range of ports cannot begin or end at 0: write 1 to 65535`},
		{bindErr, ":80-0", 1, `a range of ports cannot begin or end at 0: write 1 to 65535`},
		{bindErr, ":80-90-100", 6, `"90-100" is not a port: write a number from 1 to 65535`},
		{bindErr, ":+80", 1, `an offset such as "+80" is for servers: write the port itself`},
		{sourceErr, "10.0.0.1:-1", 9, `an offset such as "-1" is for servers: write the port itself`},
		{serverErr, "app:80-90", 4, `a range of ports is for binds: write one port, or an entry for each`},
		{serverErr, "app:0", 4, `port 0 cannot be connected to: write 1 to 65535, or leave the port out`},
		{serverErr, "app:+", 5, `the offset's number is missing: write one such as "+1000"`},
		{serverErr, "app:+65536", 5, `port 65536 is out of range: write a number from 1 to 65535`},
		{dgramErr, "10.0.0.1:514-515", 9, `a range of ports is for binds: write one port, or an entry for each`},

		// Sockets and descriptors.
		{bindErr, "unix@", 5, `the socket's path is missing: write it after "unix@"`},
		{bindErr, "abns@", 5, `the socket's name is missing: write it after "abns@"`},
		{bindErr, "/a\x00b", 2, `a zero byte cannot be in a socket's path: leave it out`},
		{bindErr, "unix@" + long, 112, `the socket's path has 108 bytes: write one of at most 107`},
		{bindErr, "abnsz@" + long[:107], 112, `the socket's name has 107 bytes: write one of at most 106`},
		{bindErr, "fd@", 3, `the file descriptor is missing: write its number, such as "fd@3"`},
		{bindErr, "fd@-1", 3, `"-1" is not a file descriptor: write its number, such as "fd@3"`},
		{bindErr, "sockpair@4x", 10, `"4x" is not a file descriptor: write its number, such as "sockpair@3"`},
		{bindErr, "fd@2147483648", 3, `file descriptor 2147483648 is out of range: write one of at most 2147483647`},
	}
	for _, tt := range tests {
		err := tt.parse(tt.in)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: error %v, want an *Error", tt.in, err)
			continue
		}
		if e.Input != tt.in || e.Offset != tt.offset || e.Text != tt.text {
			t.Errorf("%q\n got %d %s\nwant %d %s", tt.in, e.Offset, e.Text, tt.offset, tt.text)
		}
	}
}

func TestErrorText(t *testing.T) {
	err := bindErr(":80,tpc@:443")
	if got, want := err.Error(), `address ":80,tpc@:443" at offset 4: unknown prefix "tpc@": did you mean "tcp@"?`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
