package builder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const (
	workspacePrefix = "xbuild-"  // of temporary directories
	linkPrefix      = ".xbuild-" // of those beside the output
)

// temporary makes a directory whose name tells which process it belongs to.
func temporary(parent, prefix string) (string, error) {
	return os.MkdirTemp(parent, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
}

// Clean removes the directories that builds which were killed, or told to keep
// theirs, have left in the temporary directory and in those given. It gives the
// ones removed. Builds that are still at work keep theirs.
func Clean(dirs ...string) ([]string, error) {
	places := map[string]string{os.TempDir(): workspacePrefix}
	for _, d := range dirs {
		places[d] = linkPrefix
	}
	var removed []string
	for place, prefix := range places {
		entries, err := os.ReadDir(place)
		if err != nil {
			return removed, err
		}
		for _, e := range entries {
			rest, ours := strings.CutPrefix(e.Name(), prefix)
			number, _, _ := strings.Cut(rest, "-")
			pid, err := strconv.Atoi(number)
			if !ours || err != nil || !e.IsDir() || alive(pid) {
				continue
			}
			dir := filepath.Join(place, e.Name())
			if err := os.RemoveAll(dir); err != nil {
				return removed, err
			}
			removed = append(removed, dir)
		}
	}
	slices.Sort(removed)
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
