package mptcp

import (
	"net/netip"
	"time"
)

// Info is what the kernel tells of a connection (MPTCP_INFO).
type Info struct {
	// Fallback reports whether the connection speaks plain TCP because the peer,
	// or something on the way, does not let it do more.
	Fallback bool
	// Subflows counts the paths in use now, the first one included.
	Subflows int
	// Token names the connection in the kernel's own tools.
	Token uint32
	// Sent and Received are bytes, Retransmits what was sent again, in segments
	// and in bytes.
	Sent, Received, Retransmits, BytesRetransmitted uint64
}

// Subflow is one path of a connection.
type Subflow struct {
	Local, Remote netip.AddrPort
	// State is TCP's, such as "ESTABLISHED".
	State string
	// RTT is the smoothed round-trip time.
	RTT time.Duration
	// Sent and Received are bytes, Retransmits segments.
	Sent, Received, Retransmits uint64
}
