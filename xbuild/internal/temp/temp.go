// Package temp makes the temporary directories of xbuild, and finds those that
// processes which were killed have left.
//
// Their names tell which process they belong to. Everything may be used by several
// goroutines at once.
package temp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const prefix = "xbuild-"

// Dir makes a directory among the system's temporary ones.
func Dir() (string, error) { return create("", prefix) }

// Beside makes a hidden directory in one of the user's, from which files can be
// moved at once.
func Beside(parent string) (string, error) { return create(parent, "."+prefix) }

func create(parent, prefix string) (string, error) {
	return os.MkdirTemp(parent, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
}

// Remove removes the directories whose processes are gone, among the system's
// temporary ones and beside, that is in those given. It gives the ones removed.
func Remove(beside ...string) ([]string, error) {
	removed, err := remove(os.TempDir(), prefix)
	for _, d := range beside {
		if err != nil {
			break
		}
		var more []string
		more, err = remove(d, "."+prefix)
		removed = append(removed, more...)
	}
	return removed, err
}

func remove(parent, prefix string) (removed []string, err error) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), prefix)
		number, _, _ := strings.Cut(rest, "-")
		pid, err := strconv.Atoi(number)
		if !ours || err != nil || !e.IsDir() || alive(pid) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		if err := os.RemoveAll(dir); err != nil {
			return removed, err
		}
		removed = append(removed, dir)
	}
	return removed, nil
}

// alive reports whether a process is there, as far as this one can tell.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}
