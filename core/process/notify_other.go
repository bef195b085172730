//go:build !linux

package process

// Notify does nothing: there is no systemd here.
func Notify(string) error { return nil }

// Reloading is the state to notify at the start of a reload.
func Reloading() string { return "RELOADING=1" }
