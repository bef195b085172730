//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package file

// locks are certmagic's own: files that their holder keeps fresh.
type locks struct{}

func newLocks() *locks { return &locks{} }
