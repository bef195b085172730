package syslog

import (
	"net"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/module"
)

// server is where messages go.
type server struct {
	network, address string // as net.Dial takes them
	datagrams        bool
	octets           bool // on a stream, each message has its length before it
	multipath        bool // MPTCP
}

// defaultPort is syslog's (RFC 5426 section 3.3; HAProxy manual 4.2 "log").
const defaultPort = 514

// parseAddress understands the address of a log target (HAProxy manual 2.9 and
// 4.2 "log"): datagrams unless a prefix says otherwise.
func parseAddress(s string) (server, error) {
	a, err := address.ParseDgram(s)
	if err != nil {
		return server{}, &module.FieldError{Field: "address", Err: err}
	}
	to := server{datagrams: a.Dgram}
	switch a.Network {
	case address.UDP, address.TCP, address.MPTCP:
		if a.Host == "" || a.Host == "*" {
			return server{}, module.Wrong("address", "%q names no host: write the server's, such as \"127.0.0.1:514\"", s)
		}
		port := uint16(defaultPort)
		if a.HasPort {
			port = a.PortLow
		}
		to.multipath = a.Network == address.MPTCP
		to.network, to.address = strings.TrimPrefix(a.Network.String(), "mp"), net.JoinHostPort(a.Host, strconv.Itoa(int(port)))
		switch a.Family {
		case address.V4:
			to.network += "4"
		case address.V6:
			to.network += "6"
		}
		return to, nil
	case address.Unix:
		to.address = a.Path
	case address.Abns: // "@" stands for the zero byte that abstract names begin with
		to.address = "@" + a.Path + strings.Repeat("\x00", 107-len(a.Path))
	case address.Abnsz:
		to.address = "@" + a.Path + "\x00"
	default:
		return server{}, module.Wrong("address", "%q: syslog does not go over %s: write \"tcp@\", \"mptcp@\", \"udp@\" or a unix socket's path", s, a.Network)
	}
	to.network = "unix"
	if to.datagrams {
		to.network = "unixgram"
	}
	return to, nil
}
