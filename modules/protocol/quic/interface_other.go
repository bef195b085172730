//go:build !linux

package quic

import "errors"

// bindToInterface fails; a configuration that asks for it is refused before.
func bindToInterface(uintptr, string) error { return errors.New("the option interface needs Linux") }
