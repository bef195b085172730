package mptcp

import (
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// endpointAttrs gives an endpoint as the kernel reads it. The port is in the
// machine's byte order.
func endpointAttrs(e Endpoint, device uint32) attrs {
	var a attrs
	if e.Addr.Is4() {
		a.uint16(addrAttrFamily, unix.AF_INET)
		a.bytes(addrAttrAddr4, e.Addr.AsSlice())
	} else {
		a.uint16(addrAttrFamily, unix.AF_INET6)
		a.bytes(addrAttrAddr6, e.Addr.AsSlice())
	}
	if e.ID != 0 {
		a.uint8(addrAttrID, e.ID)
	}
	if e.Port != 0 {
		a.uint16(addrAttrPort, e.Port)
	}
	var flags uint32
	for _, f := range []struct {
		on  bool
		bit uint32
	}{{e.Signal, endpointSignal}, {e.Subflow, endpointSubflow}, {e.Backup, endpointBackup}, {e.Fullmesh, endpointFullmesh}} {
		if f.on {
			flags |= f.bit
		}
	}
	a.uint32(addrAttrFlags, flags)
	if device != 0 {
		a.uint32(addrAttrIfIdx, device)
	}
	return a
}

// parseEndpoint reads an endpoint and the number of its device, 0 for none.
// Attributes of later kernels are skipped.
func parseEndpoint(b []byte) (e Endpoint, device uint32, err error) {
	err = eachAttr(b, func(kind uint16, value []byte) error {
		var v uint32
		var err error
		switch kind {
		case addrAttrID:
			v, err = attrUint(kind, value, 1)
			e.ID = uint8(v)
		case addrAttrAddr4:
			if err = wantSize(kind, value, 4); err == nil {
				e.Addr = netip.AddrFrom4([4]byte(value))
			}
		case addrAttrAddr6:
			if err = wantSize(kind, value, 16); err == nil {
				e.Addr = netip.AddrFrom16([16]byte(value)).Unmap()
			}
		case addrAttrPort:
			v, err = attrUint(kind, value, 2)
			e.Port = uint16(v)
		case addrAttrFlags:
			v, err = attrUint(kind, value, 4)
			e.Signal, e.Subflow, e.Backup = v&endpointSignal != 0, v&endpointSubflow != 0, v&endpointBackup != 0
			e.Fullmesh, e.Implicit = v&endpointFullmesh != 0, v&endpointImplicit != 0
		case addrAttrIfIdx:
			device, err = attrUint(kind, value, 4)
		}
		return err
	})
	if err == nil && !e.Addr.IsValid() {
		err = errors.New("netlink answer with an endpoint without an address")
	}
	return e, device, err
}

// parseLimits reads the limits.
func parseLimits(b []byte) (l Limits, err error) {
	err = eachAttr(b, func(kind uint16, value []byte) error {
		var v uint32
		var err error
		switch kind {
		case pmAttrRcvAddAddrs:
			v, err = attrUint(kind, value, 4)
			l.AddAddrAccepted = int(v)
		case pmAttrSubflows:
			v, err = attrUint(kind, value, 4)
			l.Subflows = int(v)
		}
		return err
	})
	return l, err
}
