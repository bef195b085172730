//go:build !linux

package lab

import "testing"

// Unreachable has the test skipped: how such an address is made is Linux's.
func Unreachable(t testing.TB) string {
	t.Helper()
	Missing(t, "an address where connecting takes for ever needs Linux")
	return ""
}
