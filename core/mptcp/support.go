package mptcp

import "net/netip"

// Kernel is what matters for MPTCP of the kernel's state, in the network
// namespace of the caller's thread.
type Kernel struct {
	// Release is the kernel's, such as "6.18.1".
	Release string `json:"release"`
	// Compiled reports whether the kernel has MPTCP at all.
	Compiled bool `json:"compiled"`
	// Usable reports whether it gives MPTCP sockets; Refusal is why not, else "".
	Usable  bool   `json:"usable"`
	Refusal string `json:"refusal,omitempty"`
	// Sysctls are the settings below net.mptcp, by name without that.
	Sysctls map[string]string `json:"sysctls"`
	// PathManager and Scheduler are those in use: "kernel" or "userspace", and
	// "default" or the name of a scheduler that was loaded. "" is for kernels
	// that have no choice.
	PathManager string `json:"path_manager"`
	Scheduler   string `json:"scheduler"`
	// Limits and Endpoints are those of the kernel's path manager; Unreadable is
	// why they are not known, else "".
	Limits     Limits     `json:"limits"`
	Endpoints  []Endpoint `json:"endpoints"`
	Unreadable string     `json:"unreadable,omitempty"`
	// Interfaces are those that are up and have addresses for peers.
	Interfaces []Interface `json:"interfaces"`
}

// Interface is a network interface.
type Interface struct {
	// Name is the interface's.
	Name string `json:"name"`
	// Addresses are those that peers elsewhere can reach: neither loopback nor
	// link-local ones.
	Addresses []netip.Addr `json:"addresses"`
	// RPFilter is the check of senders that holds (rp_filter): 0 none, 1 strict,
	// 2 loose.
	RPFilter int `json:"rp_filter"`
}
