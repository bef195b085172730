package quic

import "golang.org/x/sys/unix"

// bindToInterface has a socket take what comes in by one network interface only.
func bindToInterface(fd uintptr, name string) error { return unix.BindToDevice(int(fd), name) }
