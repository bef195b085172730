package mptcp

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// namespace moves the test into a network namespace of its own with a loopback,
// so that the machine's settings stay. What runs on the test's goroutine is in
// it, programs that it starts too; goroutines and subtests are not. The thread
// ends with the test and the namespace with it.
func namespace(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "network namespaces take root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		missing(t, "ip (iproute2) is not installed")
	}
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		missing(t, "unshare: "+err.Error())
	}
	if _, err := os.Stat("/proc/sys/net/mptcp"); err != nil {
		missing(t, "this kernel has no MPTCP")
	}
	ip(t, "link set lo up")
}

func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("FAIRLEAD_TEST_ALL") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// ip runs the program and gives its output, without blanks at the ends of lines.
func ip(t *testing.T, args string) string {
	t.Helper()
	out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// device makes an interface with addresses.
func device(t *testing.T, name string, addresses ...string) {
	t.Helper()
	ip(t, "link add "+name+" type veth peer name "+name+"p")
	ip(t, "link set "+name+" up")
	ip(t, "link set "+name+"p up")
	for _, a := range addresses {
		flags := ""
		if strings.Contains(a, ":") {
			flags = " nodad"
		}
		ip(t, "address add "+a+" dev "+name+flags)
	}
}

func open(t *testing.T) *Manager {
	t.Helper()
	m, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func sysctl(t *testing.T, key, value string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/"+key, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}
