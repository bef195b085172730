package lab

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// namespaces numbers them, so that their names differ.
var namespaces atomic.Int64

// Namespace makes a network namespace with a loopback, which ends with the test,
// and gives its name.
func Namespace(t testing.TB) string {
	t.Helper()
	if os.Getuid() != 0 {
		Missing(t, "network namespaces need root")
	}
	Need(t, "ip")
	ns := fmt.Sprintf("fl%d.%d", os.Getpid(), namespaces.Add(1))
	if out, err := exec.Command("ip", "netns", "add", ns).CombinedOutput(); err != nil {
		Missing(t, fmt.Sprintf("cannot make network namespaces: %v %s", err, out))
	}
	t.Cleanup(func() { command(t, "ip", "netns", "del", ns) })
	In(t, ns, "ip", "link", "set", "lo", "up")
	return ns
}

// In runs a command in a namespace and gives what it wrote.
func In(t testing.TB, ns string, args ...string) string {
	t.Helper()
	return command(t, "ip", append([]string{"netns", "exec", ns}, args...)...)
}

// StartIn starts a program in a namespace, which ends with the test.
func StartIn(t testing.TB, ns, program string, args ...string) *Process {
	t.Helper()
	return Start(t, t.TempDir(), "ip", append([]string{"netns", "exec", ns, program}, args...)...)
}

func command(t testing.TB, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}
