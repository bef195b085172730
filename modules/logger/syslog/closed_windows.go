package syslog

import "net"

// closedByPeer reports nothing: that the server has closed the stream is told by
// a write, which the first after it is lost to.
func closedByPeer(net.Conn) bool { return false }
