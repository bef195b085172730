package builder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"github.com/fairleadproxy/fairlead/xbuild/internal/temp"
)

// writable refuses an output for which no file can be written, before anything is
// compiled. It leaves nothing behind.
func (r *Request) writable() error {
	dir := filepath.Dir(r.Output)
	for {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			return usagef("-o %s: %s is no directory", r.Output, dir)
		}
		if err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return err
		}
		dir = filepath.Dir(dir) // the build makes those below
	}
	at, err := temp.Beside(dir)
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return usagef("-o %s: nothing can be written to %s: %v", r.Output, dir, failed.Err)
	}
	if err != nil {
		return err
	}
	return os.Remove(at)
}

// noSpace is how the programs that the go command runs tell of a full disk.
var noSpace = regexp.MustCompile(`no space left on device`)

// withRoom says where room can be had, in errors of a disk that is full.
func withRoom(err error) error {
	if err == nil || !errors.Is(err, syscall.ENOSPC) && !noSpace.MatchString(err.Error()) {
		return err
	}
	return fmt.Errorf("%w\nthe build's temporary files are in %s; TMPDIR names another directory", err, os.TempDir())
}
