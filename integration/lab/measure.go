package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Descriptors counts those that the program has open.
func (p *Process) Descriptors(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// ProcessorTime gives what the program has used of the processors. Other than
// time that passes, it is the same on a machine that does much else.
func (p *Process) ProcessorTime(t testing.TB) time.Duration {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p.Cmd.Process.Pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("there is nothing to read of process %d: %v", p.Cmd.Process.Pid, err)
	}
	total := int64(0)
	for _, task := range tasks {
		b, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		total += ns
	}
	return time.Duration(total)
}

// Attempts repeats what a busy machine can spoil, until it succeeds or has failed so
// many times. It is for conditions that hold every time on an idle machine.
func Attempts(t testing.TB, n int, try func() error) {
	t.Helper()
	var err error
	for range n {
		if err = try(); err == nil {
			return
		}
		t.Logf("once more: %v", err)
	}
	t.Errorf("%d times: %v", n, err)
}
