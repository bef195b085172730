package cli

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settleTime is how long files must stay as they are before a reload: editors
// write in several steps.
const settleTime = 200 * time.Millisecond

// watchFiles tells on the channel when a configuration file changes. Without
// --watch the channel stays silent.
func (r *runner) watchFiles() (changed <-chan struct{}, unwatch func(), err error) {
	if !r.watch {
		return nil, func() {}, nil
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, nil, err
	}
	// Directories are watched, since editors replace files.
	for _, p := range r.paths {
		dir := p
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			dir = filepath.Dir(p)
		}
		if err := w.Add(dir); err != nil {
			w.Close()
			return nil, nil, err
		}
	}
	out := make(chan struct{}, 1)
	go r.forward(w, out)
	return out, func() { w.Close() }, nil
}

// forward passes on that files changed, once they have settled.
func (r *runner) forward(w *fsnotify.Watcher, out chan<- struct{}) {
	var quiet <-chan time.Time
	for {
		select {
		case e, ok := <-w.Events:
			if !ok {
				return
			}
			if r.watches(e.Name) && !e.Has(fsnotify.Chmod) {
				quiet = time.After(settleTime)
			}
		case err, ok := <-w.Errors:
			if !ok {
				return
			}
			r.log.Warn("cannot watch the configuration", "error", err)
		case <-quiet:
			quiet = nil
			select {
			case out <- struct{}{}:
			default: // a reload is due already
			}
		}
	}
}

// watches reports whether a file is part of the configuration.
func (r *runner) watches(name string) bool {
	for _, p := range r.paths {
		if filepath.Clean(name) == filepath.Clean(p) {
			return true
		}
		if info, err := os.Stat(p); err == nil && info.IsDir() && filepath.Dir(name) == filepath.Clean(p) && strings.HasSuffix(name, ".toml") {
			return true
		}
	}
	return false
}
