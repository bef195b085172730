package mptcp

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Endpoint is an address of this machine that the kernel's path manager uses for
// more paths (ip-mptcp(8)).
type Endpoint struct {
	// ID is the kernel's number for it, from 1. With Add, 0 lets the kernel choose.
	ID uint8 `json:"id"`
	// Addr is the address, without a zone.
	Addr netip.Addr `json:"address"`
	// Port is announced with the address, and the kernel listens there for more
	// paths; 0 announces the port of the connection. It goes with Signal only,
	// without Subflow.
	Port uint16 `json:"port,omitempty"`
	// Device is the network interface that the paths use; "" leaves it to routing.
	Device string `json:"device,omitempty"`

	// Signal announces the address to peers, for them to connect to.
	Signal bool `json:"signal"`
	// Subflow opens paths from the address to peers.
	Subflow bool `json:"subflow"`
	// Backup uses the paths only while no other works.
	Backup bool `json:"backup"`
	// Fullmesh opens paths to every address of the peer. It excludes Signal.
	Fullmesh bool `json:"fullmesh"`
	// Implicit marks those that the kernel made by itself; Add takes none.
	Implicit bool `json:"implicit"`
}

// Flags gives the names of the flags that are set, as ip mptcp writes them.
func (e Endpoint) Flags() []string {
	var names []string
	for _, f := range []struct {
		on   bool
		name string
	}{{e.Signal, "signal"}, {e.Subflow, "subflow"}, {e.Backup, "backup"}, {e.Fullmesh, "fullmesh"}, {e.Implicit, "implicit"}} {
		if f.on {
			names = append(names, f.name)
		}
	}
	return names
}

// String gives the endpoint in the words of ip mptcp endpoint add.
func (e Endpoint) String() string {
	words := []string{e.Addr.String()}
	if e.Port != 0 {
		words = append(words, fmt.Sprintf("port %d", e.Port))
	}
	if e.ID != 0 {
		words = append(words, fmt.Sprintf("id %d", e.ID))
	}
	words = append(words, e.Flags()...)
	if e.Device != "" {
		words = append(words, "dev "+e.Device)
	}
	return strings.Join(words, " ")
}

// Check reports what the kernel would refuse.
func (e Endpoint) Check() error {
	switch {
	case !e.Addr.IsValid() || e.Addr.IsUnspecified() || e.Addr.IsMulticast():
		return fmt.Errorf("want an address of this machine such as \"10.0.1.1\", got %q", e.Addr)
	case e.Addr.Zone() != "":
		return fmt.Errorf("address %s has a zone: write %q and the device %q", e.Addr, e.Addr.WithZone(""), e.Addr.Zone())
	case e.Implicit:
		return errors.New("implicit endpoints are made by the kernel only")
	case e.Signal && e.Fullmesh:
		return errors.New("signal and fullmesh exclude each other: set one of them to false")
	case e.Port != 0 && (!e.Signal || e.Subflow):
		return errors.New("a port is announced only: set signal to true and subflow to false")
	}
	return nil
}

// Limits are how many paths the kernel allows a connection (ip-mptcp(8)).
type Limits struct {
	// Subflows is how many paths a connection may have besides its first.
	Subflows int `json:"subflows"`
	// AddAddrAccepted is how many addresses that a peer announces are used.
	AddAddrAccepted int `json:"add_addr_accepted"`
}
