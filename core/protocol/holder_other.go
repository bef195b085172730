//go:build !linux

package protocol

import "net/netip"

// holder names the process that listens at an address, which only /proc tells.
func holder(netip.AddrPort) string { return "" }
