package relay

import (
	"errors"
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

var wsaPoll = windows.NewLazySystemDLL("ws2_32.dll").NewProc("WSAPoll")

// pollFD is WSAPOLLFD.
type pollFD struct {
	fd              uintptr
	events, revents int16
}

// pollRead is POLLRDNORM.
const pollRead = 0x0100

// peek tells how many of the next bytes of a socket have come, one at most; 0
// without an error is the end of the stream. Winsock has no flag that keeps a
// call from waiting, so it is asked first whether it would.
func peek(fd uintptr) (int, error) {
	p := pollFD{fd: fd, events: pollRead}
	n, _, err := wsaPoll.Call(uintptr(unsafe.Pointer(&p)), 1, 0)
	switch int32(n) {
	case -1:
		return 0, err
	case 0:
		return 0, errNothing
	}
	var b [1]byte
	got, flags := uint32(0), uint32(windows.MSG_PEEK)
	buf := windows.WSABuf{Len: 1, Buf: &b[0]}
	if err := windows.WSARecv(windows.Handle(fd), &buf, 1, &got, &flags, nil, nil); err != nil {
		return 0, err
	}
	return int(got), nil
}

// codes are Winsock's errors that mean one of package syscall's constants, which
// on Windows are numbers that no call returns.
var codes = map[syscall.Errno]syscall.Errno{
	windows.WSAEACCES: syscall.EACCES, windows.WSAEADDRINUSE: syscall.EADDRINUSE, windows.WSAEADDRNOTAVAIL: syscall.EADDRNOTAVAIL,
	windows.WSAECONNABORTED: syscall.ECONNABORTED, windows.WSAECONNREFUSED: syscall.ECONNREFUSED, windows.WSAECONNRESET: syscall.ECONNRESET,
	windows.WSAEHOSTUNREACH: syscall.EHOSTUNREACH, windows.WSAEINVAL: syscall.EINVAL, windows.WSAEMFILE: syscall.EMFILE,
	windows.WSAENETDOWN: syscall.ENETDOWN, windows.WSAENETUNREACH: syscall.ENETUNREACH, windows.WSAENOBUFS: syscall.ENOBUFS,
	windows.WSAESHUTDOWN: syscall.EPIPE, windows.WSAETIMEDOUT: syscall.ETIMEDOUT,
}

// posix adds to one of Winsock's errors the one of package syscall that it means.
func posix(err error) error {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err
	}
	if code, ok := codes[errno]; ok {
		return fmt.Errorf("%w (%w)", code, err)
	}
	return err
}
