package plugins

import (
	"fmt"
	"net"
)

// available reports whether nothing listens at a port of the loopback.
func available(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	l.Close()
	return true
}
