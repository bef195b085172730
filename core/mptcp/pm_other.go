//go:build !linux

package mptcp

import "errors"

// ErrUnsupported is the error of everything here on systems other than Linux.
var ErrUnsupported = errors.New("this system has no Multipath TCP: it needs Linux 5.6 or later")

// Manager sets the path manager of the kernel, of which there is none here.
type Manager struct{}

// Open fails.
func Open() (*Manager, error) { return nil, ErrUnsupported }

// Without a kernel that has MPTCP there is no Manager to call these of.

func (*Manager) Close() error                   { return ErrUnsupported }
func (*Manager) Endpoints() ([]Endpoint, error) { return nil, ErrUnsupported }
func (*Manager) Add(Endpoint) (Endpoint, error) { return Endpoint{}, ErrUnsupported }
func (*Manager) Remove(uint8) error             { return ErrUnsupported }
func (*Manager) Limits() (Limits, error)        { return Limits{}, ErrUnsupported }
func (*Manager) SetLimits(Limits) error         { return ErrUnsupported }

// Support fails: there is nothing to read.
func Support() (Kernel, error) { return Kernel{}, ErrUnsupported }

// Read gives nothing: no connection speaks MPTCP.
func Read(int) (Info, bool) { return Info{}, false }

// Subflows gives nothing, as Read does.
func Subflows(int) []Subflow { return nil }
