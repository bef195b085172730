package protocol

import (
	"errors"
	"io/fs"
	"os"
)

// place has bind make a socket file in the place of one that nobody listens at.
func place(path string, o *ListenOptions, bind func(path string) error) error {
	if err := vacant(path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := bind(path); err != nil {
		return err
	}
	return own(path, o)
}
