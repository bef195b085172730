// Package address is the grammar of the addresses that binds, servers and
// source statements name (HAProxy manual, section 2.9 "Address formats" and the
// keywords "bind", "server" and "source"):
//
//	[stream+|dgram+|quic+][prefix@]host[:port]
//	[stream+|dgram+][unix@|abns@|abnsz@]path
//	fd@N, sockpair@N
//	VENDOR.NAME@host[:port]		(a plugin's protocol)
//
// It is used so:
//
//	binds, err := address.ParseBind("mptcp@:80,[::1]:8000-8003,/run/lb.sock")
//	for _, bind := range binds {
//		for one := range bind.Each() { // one per port
//			listen(one.Protocol(), one)
//		}
//	}
//
// A host is an IPv4 address, an IPv6 address with or without brackets, a name,
// "*" or nothing. Without brackets the port is what follows the last colon, so
// "::1:80" is port 80 of ::1 and an IPv6 address without a port needs brackets.
//
// Every error is an *Error that carries the byte offset of the fault, so that a
// caller which knows where the string stands in a file can point at it.
//
// Address is a comparable value and the functions keep no state: all of it is
// safe for concurrent use.
//
// The package resolves no names, opens no sockets, expands no environment
// variables and does not know which protocols a build can serve: "quic@:443"
// parses here and is refused, where it must be, by the registry of modules.
package address
