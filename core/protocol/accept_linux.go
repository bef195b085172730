//go:build !portable

package protocol

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// accept4 accepts a connection as a non-blocking descriptor and gives the
// peer's address, the zero value for a UNIX socket. It differs from
// unix.Accept4 in that it does not ask the kernel for the protocol again.
func accept4(fd int) (int, netip.AddrPort, error) {
	var sa unix.RawSockaddrInet6 // as large as any that matters here
	size := uint32(unsafe.Sizeof(sa))
	nfd, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)),
		unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return -1, netip.AddrPort{}, errno
	}
	var port [2]byte
	binary.NativeEndian.PutUint16(port[:], sa.Port)
	peerPort := binary.BigEndian.Uint16(port[:])
	switch sa.Family {
	case unix.AF_INET:
		sa4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&sa))
		return int(nfd), netip.AddrPortFrom(netip.AddrFrom4(sa4.Addr), peerPort), nil
	case unix.AF_INET6:
		return int(nfd), addrPort(&unix.SockaddrInet6{Port: int(peerPort), ZoneId: sa.Scope_id, Addr: sa.Addr}), nil
	}
	return int(nfd), netip.AddrPort{}, nil
}
