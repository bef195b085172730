// Package mptcp is what Linux tells of Multipath TCP (RFC 8684) and lets one set:
// the state of a connection and its paths, the endpoints and limits of the
// kernel's path manager, and what is missing on a machine for it to work.
//
//	info, ok := mptcp.Read(fd)        // one system call, for logs and rules
//	paths := mptcp.Subflows(fd)
//
// Sockets are opened by package protocol. All functions are safe for concurrent use.
package mptcp
