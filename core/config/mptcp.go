package config

import (
	"fmt"
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Mptcp is the [global.mptcp] section: what the kernel's path manager is to have
// while the process runs, so that MPTCP connections use several paths. At the end
// endpoints that were added are removed, and limits restored. Setting any of it
// takes root or the capability CAP_NET_ADMIN, at a reload that changes it too.
type Mptcp struct {
	// Endpoints are addresses of this machine for more paths: an address, or
	// tables of these and more. Those that exist already stay as they are.
	// Default: none.
	Endpoints tree.OneOrMany[MptcpEndpoint] `toml:"endpoints"`
	// Subflows is how many paths a connection may have besides its first.
	// Kernels take up to 8 or more. Default: what the kernel is set to, 2 unless
	// it was changed.
	Subflows *int `toml:"subflows" min:"0" max:"255"`
	// AddAddrAccepted is how many addresses that a peer announces are used: those
	// of servers, for connections to them. Kernels take up to 8 or more. Default:
	// what the kernel is set to, 0 unless it was changed.
	AddAddrAccepted *int `toml:"add-addr-accepted" min:"0" max:"255"`

	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}

// MptcpEndpoint is an address that the kernel uses for more paths (ip-mptcp(8)).
type MptcpEndpoint struct {
	// Address is an IPv4 or IPv6 address of this machine.
	Address IPAddress `toml:"address,required,short"`
	// Device is the network interface that its paths use, such as "eth1".
	// Default: what routing says.
	Device string `toml:"device"`
	// Signal announces the address to clients and servers, for them to open paths
	// to it. A bind must listen there as "mptcp@:443" does, or port be set: the
	// kernel refuses paths to an address that nothing listens at. Default true,
	// with fullmesh false.
	Signal bool `toml:"signal"`
	// Subflow opens paths from the address, for connections to servers. Default
	// true, with port false.
	Subflow bool `toml:"subflow"`
	// Backup uses its paths only while no other works. Default false.
	Backup bool `toml:"backup"`
	// Fullmesh opens paths from the address to every address of the server. It
	// excludes signal. Default false.
	Fullmesh bool `toml:"fullmesh"`
	// Port is announced with the address, and the kernel listens there for more
	// paths. It takes signal, and excludes subflow. Default 0: the port of the
	// connection.
	Port uint16 `toml:"port" min:"0" max:"65535"`

	// Pos is where the address or table stands.
	Pos tree.Pos `toml:"-"`
}

// DecodeNode reads the section and checks that the endpoints differ.
func (m *Mptcp) DecodeNode(n *tree.Node) error {
	type plain Mptcp // without this method
	errs := &tree.Errors{}
	errs.Add(n.Decode((*plain)(m)), n.Pos, n.Path)
	type place struct {
		addr netip.Addr
		port uint16
	}
	seen := map[place]bool{}
	for _, e := range m.Endpoints {
		p := place{e.Address.Addr, e.Port}
		if seen[p] && p.addr.IsValid() {
			errs.At(e.Pos, n.Path+".endpoints", "%s is an endpoint twice: the kernel takes an address once for each port", p.addr)
		}
		seen[p] = true
	}
	return errs.Err()
}

// DecodeNode reads an endpoint and settles what is not said of it.
func (e *MptcpEndpoint) DecodeNode(n *tree.Node) error {
	type plain MptcpEndpoint // without this method
	errs := &tree.Errors{}
	errs.Add(n.Decode((*plain)(e)), n.Pos, n.Path)
	if n.Get("signal") == nil {
		e.Signal = !e.Fullmesh
	}
	if n.Get("subflow") == nil {
		e.Subflow = e.Port == 0
	}
	switch {
	case len(errs.List) > 0:
	case e.Fullmesh && e.Signal:
		errs.On(n, "signal and fullmesh exclude each other").Hint = "set one of them to false"
	case e.Fullmesh && !e.Subflow:
		errs.On(n, "fullmesh opens paths, and subflow is off").Hint = "set subflow to true, or remove fullmesh"
	case e.Port != 0 && (!e.Signal || e.Subflow):
		errs.On(n, "a port is only announced to peers").Hint = "set signal to true and subflow to false, or remove the port"
	case !e.Signal && !e.Subflow:
		errs.On(n, "the endpoint is neither announced nor used").Hint = "set signal or subflow to true"
	}
	return errs.Err()
}

// IPAddress is an address of one machine, without port and zone.
type IPAddress struct{ netip.Addr }

// UnmarshalText reads an IPv4 or IPv6 address.
func (a *IPAddress) UnmarshalText(text []byte) error {
	got, err := netip.ParseAddr(string(text))
	switch {
	case err != nil || got.IsUnspecified() || got.IsMulticast():
		return fmt.Errorf("want an address of this machine such as \"10.0.1.1\", got %q", text)
	case got.Zone() != "":
		return fmt.Errorf("want an address without a zone, got %q: name the interface by device = %q", text, got.Zone())
	}
	a.Addr = got.Unmap()
	return nil
}
