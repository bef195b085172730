package process

import "golang.org/x/sys/unix"

// mostFiles is how many descriptors the system gives a process, whose own limit
// may say "unlimited" and is refused then.
func mostFiles() uint64 {
	n, err := unix.SysctlUint32("kern.maxfilesperproc")
	if err != nil {
		return 10240 // OPEN_MAX, setrlimit(2)
	}
	return uint64(n)
}
