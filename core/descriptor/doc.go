// Package descriptor numbers listening sockets, so that one configuration can
// hand them to the next:
//
//	n, err := descriptor.Dup(listener.FD()) // for who comes next
//	err = descriptor.Close(n)               // or not
//
// On Linux the numbers are the kernel's. Elsewhere the standard library has no
// way to open a socket by number on every system: there they are numbers of a
// table that the process has in place of the kernel's, and what they stand for
// is closed with its last number.
//
// It is safe for concurrent use.
package descriptor
