package protocol

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holder names the process that listens at an address, " (nginx, pid 42)", as
// far as /proc tells; "" otherwise.
func holder(at netip.AddrPort) string {
	inode := listeningInode(at)
	if inode == "" {
		return ""
	}
	want := "socket:[" + inode + "]"
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return ""
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != want {
			continue
		}
		pid := strings.Split(link, "/")[2]
		comm, err := os.ReadFile("/proc/" + pid + "/comm")
		if err != nil {
			return " (pid " + pid + ")"
		}
		return fmt.Sprintf(" (%s, pid %s)", strings.TrimSpace(string(comm)), pid)
	}
	return ""
}

// listeningInode finds the inode of the socket that listens on the port.
func listeningInode(at netip.AddrPort) string {
	const listening = "0A"
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.SplitSeq(string(text), "\n") {
			f := strings.Fields(line)
			if len(f) < 10 || f[3] != listening {
				continue
			}
			_, port, _ := strings.Cut(f[1], ":")
			if n, err := strconv.ParseUint(port, 16, 16); err == nil && uint16(n) == at.Port() {
				return f[9]
			}
		}
	}
	return ""
}
