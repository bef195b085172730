//go:build unix

package protocol

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
)

// place has bind make a socket file, which appears under its name with its owner
// and permissions settled.
func place(path string, o *ListenOptions, bind func(path string) error) error {
	if err := vacant(path); err != nil {
		return err
	}
	fresh := path + "." + strconv.Itoa(os.Getpid()) + ".tmp"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := bind(fresh); err != nil {
		return err
	}
	err := own(fresh, o)
	if err == nil {
		err = os.Rename(fresh, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return nil
}
