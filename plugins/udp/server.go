package udp

import (
	"net"

	"golang.org/x/sys/unix"
)

// server is a session's socket to its server.
type server struct {
	*net.UDPConn
	losses *losses
}

// Read gives the next datagram. One that is longer than p is dropped and
// counted, never cut short.
func (s *server) Read(p []byte) (int, error) {
	for {
		n, _, flags, _, err := s.ReadMsgUDPAddrPort(p, nil)
		switch {
		case err != nil:
			return 0, err // n is -1
		case flags&unix.MSG_TRUNC == 0:
			return n, nil
		}
		s.losses.count(tooLong)
	}
}

// Write sends a datagram, as a session does.
func (s *server) Write(p []byte) (int, error) {
	n, err := s.UDPConn.Write(p)
	if reason, ok := refusal(err); ok {
		s.losses.count(reason)
		return len(p), nil
	}
	return n, err
}
