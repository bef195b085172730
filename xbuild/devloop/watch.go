package devloop

import (
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// watch tells the names of files that change in a directory and below. Hidden
// directories do not count.
func watch(dir string) (names <-chan string, stop func(), err error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, nil, err
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if path != dir && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		return w.Add(path)
	})
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	out := make(chan string)
	done := make(chan struct{})
	go func() {
		defer close(out)
		for e := range w.Events {
			if e.Has(fsnotify.Chmod) {
				continue
			}
			select {
			case out <- e.Name:
			case <-done:
				return
			}
		}
	}()
	return out, func() { close(done); w.Close() }, nil
}
