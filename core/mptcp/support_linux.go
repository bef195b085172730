package mptcp

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	sysctlDir = "/proc/sys/net/mptcp"
	confDir   = "/proc/sys/net/ipv4/conf"
)

// Support reads the kernel's state. What a kernel does not have is no error.
func Support() (Kernel, error) {
	var k Kernel
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return k, fmt.Errorf("uname: %w", err)
	}
	k.Release = unix.ByteSliceToString(name.Release[:])
	var err error
	if k.Sysctls, err = readSysctls(sysctlDir); err != nil {
		return k, err
	}
	k.Compiled = k.Sysctls != nil
	if k.Interfaces, err = interfaces(); err != nil {
		return k, err
	}
	if !k.Compiled {
		return k, nil
	}
	k.Scheduler = k.Sysctls["scheduler"]
	k.PathManager = k.Sysctls["path_manager"] // since Linux 6.15
	if k.PathManager == "" {
		k.PathManager = map[string]string{"0": "kernel", "1": "userspace"}[k.Sysctls["pm_type"]] // since Linux 5.19
	}
	if err := probe(); err != nil {
		k.Refusal = err.Error()
	}
	k.Usable = k.Refusal == ""
	if err := k.readManager(); err != nil {
		k.Unreadable = err.Error()
	}
	return k, nil
}

// probe opens an MPTCP socket, for what forbids them without a setting: seccomp,
// SELinux.
func probe() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

func (k *Kernel) readManager() error {
	m, err := Open()
	if err != nil {
		return err
	}
	if k.Endpoints, err = m.Endpoints(); err == nil {
		k.Limits, err = m.Limits()
	}
	return errors.Join(err, m.Close())
}

// readSysctls reads the settings in a directory; nil when there is none.
func readSysctls(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if errors.Is(err, fs.ErrPermission) {
			continue // some are for root only
		}
		if err != nil {
			return nil, err
		}
		settings[e.Name()] = strings.TrimSpace(string(text))
	}
	return settings, nil
}

// interfaces lists those that are up and have addresses for peers.
func interfaces() ([]Interface, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var list []Interface
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, fmt.Errorf("addresses of %s: %w", i.Name, err)
		}
		one := Interface{Name: i.Name}
		for _, a := range addrs {
			p, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			if addr, ok := netip.AddrFromSlice(p.IP); ok && addr.Unmap().IsGlobalUnicast() {
				one.Addresses = append(one.Addresses, addr.Unmap())
			}
		}
		if len(one.Addresses) == 0 {
			continue
		}
		if one.RPFilter, err = rpFilter(i.Name); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// rpFilter gives the stricter of the interface's setting and the one for all, as
// the kernel takes the larger number.
func rpFilter(name string) (int, error) {
	strictest := 0
	for _, n := range []string{"all", name} {
		text, err := os.ReadFile(filepath.Join(confDir, n, "rp_filter"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // without IPv4, or gone
		}
		if err != nil {
			return 0, err
		}
		v, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, fmt.Errorf("rp_filter of %s: %w", n, err)
		}
		strictest = max(strictest, v)
	}
	return strictest, nil
}
