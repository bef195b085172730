package mptcp

import (
	"encoding/binary"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Numbers of linux/mptcp.h.
const (
	solMPTCP     = 284
	optInfo      = 1
	optTCPInfo   = 2
	optAddresses = 3

	flagFallback = 1
)

// Is reports whether a socket is an MPTCP socket, fallen back or not. The kernel
// gives plain sockets for clients that never asked for MPTCP.
func Is(fd int) bool {
	proto, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	return err == nil && proto == unix.IPPROTO_MPTCP
}

// Read gives the connection's info; ok is false when the socket is no connected
// MPTCP socket. It costs one system call, or two for plain sockets, and does not
// allocate.
func Read(fd int) (info Info, ok bool) {
	var b [256]byte
	n, err := getsockopt(fd, optInfo, b[:])
	if err != nil || n < 16 {
		// The kernel tells nothing of MPTCP sockets that have fallen back.
		if !Is(fd) {
			return Info{}, false
		}
		return Info{Fallback: true, Subflows: 1}, true
	}
	u32 := func(off int) uint32 {
		if off+4 > n {
			return 0
		}
		return binary.NativeEndian.Uint32(b[off:])
	}
	u64 := func(off int) uint64 {
		if off+8 > n {
			return 0
		}
		return binary.NativeEndian.Uint64(b[off:])
	}
	// The offsets are those of struct mptcp_info; kernels only add at its end.
	info = Info{
		Fallback: u32(8)&flagFallback != 0, Token: u32(12), Subflows: int(b[0]) + 1,
		Retransmits: uint64(u32(44)), BytesRetransmitted: u64(48), Sent: u64(56), Received: u64(64),
	}
	if n > 80 && b[80] > 0 { // since Linux 6.6 the first path is told too, as long as it lives
		info.Subflows = int(b[80])
	}
	return info, true
}

// maxSubflows is how many paths are listed.
const maxSubflows = 16

// headSize is the size of struct mptcp_subflow_data.
const headSize = 16

var states = [...]string{
	"", "ESTABLISHED", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "NEW-SYN-RECV",
}

// Subflows lists the paths of a connection; nil when the socket is no MPTCP socket.
func Subflows(fd int) []Subflow {
	const sockaddr = 128 // of struct sockaddr_storage
	addrs, count := array(fd, optAddresses, 2*sockaddr)
	if count == 0 {
		return nil
	}
	infos, infoCount := array(fd, optTCPInfo, int(unsafe.Sizeof(unix.TCPInfo{})))
	list := make([]Subflow, count)
	for i := range list {
		one := addrs[i*2*sockaddr:]
		list[i].Local, list[i].Remote = addrPort(one), addrPort(one[sockaddr:])
		if i >= infoCount { // it ended between the two calls
			continue
		}
		size := int(unsafe.Sizeof(unix.TCPInfo{}))
		ti := *(*unix.TCPInfo)(unsafe.Pointer(&infos[i*size]))
		if int(ti.State) < len(states) {
			list[i].State = states[ti.State]
		}
		list[i].RTT = time.Duration(ti.Rtt) * time.Microsecond
		list[i].Sent, list[i].Received, list[i].Retransmits = ti.Bytes_sent, ti.Bytes_received, uint64(ti.Total_retrans)
	}
	return list
}

// array reads one of the options that give an element for each path.
func array(fd, opt, size int) (elements []byte, count int) {
	// The backing array is of words, so that structs in it are aligned.
	words := make([]uint64, (headSize+maxSubflows*size+7)/8)
	b := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)
	binary.NativeEndian.PutUint32(b[0:], headSize)
	binary.NativeEndian.PutUint32(b[12:], uint32(size))
	n, err := getsockopt(fd, opt, b)
	if err != nil || n < headSize {
		return nil, 0
	}
	count = min(int(binary.NativeEndian.Uint32(b[4:])), maxSubflows, (n-headSize)/size)
	return b[headSize:], count
}

// addrPort reads a struct sockaddr.
func addrPort(b []byte) netip.AddrPort {
	port := binary.BigEndian.Uint16(b[2:])
	switch binary.NativeEndian.Uint16(b) {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), port)
	case unix.AF_INET6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])).Unmap(), port)
	}
	return netip.AddrPort{}
}

func getsockopt(fd, opt int, b []byte) (int, error) {
	n := uint32(len(b))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), solMPTCP, uintptr(opt), uintptr(unsafe.Pointer(&b[0])), uintptr(unsafe.Pointer(&n)), 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
