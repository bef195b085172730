//go:build !linux || portable

package process

// FromEnvironment takes nothing: systemd, whose way it is to hand sockets over by
// LISTEN_FDS, is Linux's.
func FromEnvironment() (*Sockets, error) { return &Sockets{}, nil }
