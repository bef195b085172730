// Package mptcp is the protocol of Multipath TCP (RFC 8684): mptcp@, mptcp4@ and
// mptcp6@. Peers that speak plain TCP only are served all the same, as the
// kernel falls back for each connection.
//
// A kernel without Multipath TCP is an error, unless mptcp-fallback is set in
// [global]: then plain TCP is used, with one warning.
//
// Systems other than Linux do not have the module.
package mptcp
