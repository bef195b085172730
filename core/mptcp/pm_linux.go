package mptcp

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Numbers of linux/mptcp_pm.h.
const (
	pmFamily = "mptcp_pm"

	pmAddAddr   = 1
	pmDelAddr   = 2
	pmGetAddr   = 3
	pmFlush     = 4
	pmSetLimits = 5
	pmGetLimits = 6

	pmAttrAddr        = 1
	pmAttrRcvAddAddrs = 2
	pmAttrSubflows    = 3

	addrAttrFamily = 1
	addrAttrID     = 2
	addrAttrAddr4  = 3
	addrAttrAddr6  = 4
	addrAttrPort   = 5
	addrAttrFlags  = 6
	addrAttrIfIdx  = 7

	endpointSignal   = 1 << 0
	endpointSubflow  = 1 << 1
	endpointBackup   = 1 << 2
	endpointFullmesh = 1 << 3
	endpointImplicit = 1 << 4
)

// Manager sets the path manager of the kernel, for the network namespace that
// it was opened in. It is safe for concurrent use.
type Manager struct {
	genl   *genl
	family uint16
}

// ErrUnsupported is the error of Open on kernels without MPTCP.
var ErrUnsupported = errors.New("this kernel has no Multipath TCP: it needs Linux 5.6 or later, built with CONFIG_MPTCP")

// Open connects to the kernel's path manager. Anyone may; changes are for
// processes with the capability CAP_NET_ADMIN.
func Open() (*Manager, error) {
	g, err := openGenl()
	if err != nil {
		return nil, fmt.Errorf("mptcp path manager: %w", err)
	}
	family, err := g.family(pmFamily)
	if err != nil {
		if errors.Is(err, unix.ENOENT) {
			err = ErrUnsupported
		}
		return nil, errors.Join(fmt.Errorf("mptcp path manager: %w", err), g.close())
	}
	return &Manager{genl: g, family: family}, nil
}

// Close ends the connection to the kernel; what was set stays.
func (m *Manager) Close() error { return m.genl.close() }

// explain says what a request was about, and what to do about a lack of rights.
func explain(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES) {
		return fmt.Errorf("mptcp path manager: %s: %w: it takes the capability CAP_NET_ADMIN; run as root or, under systemd, with AmbientCapabilities=CAP_NET_ADMIN", what, err)
	}
	return fmt.Errorf("mptcp path manager: %s: %w", what, err)
}

// dumpTries is how often the list is read when it changes meanwhile.
const dumpTries = 5

// Endpoints lists the endpoints by their numbers.
func (m *Manager) Endpoints() ([]Endpoint, error) {
	err := errInterrupted
	var list []Endpoint
	for range dumpTries {
		if list, err = m.endpoints(); !errors.Is(err, errInterrupted) {
			break
		}
	}
	return list, explain(err, "list endpoints")
}

func (m *Manager) endpoints() ([]Endpoint, error) {
	var list []Endpoint
	var devices []uint32
	err := m.genl.do(m.family, unix.NLM_F_DUMP, pmGetAddr, nil, func(b []byte) error {
		return eachAttr(b, func(kind uint16, value []byte) error {
			if kind != pmAttrAddr {
				return nil
			}
			e, device, err := parseEndpoint(value)
			list, devices = append(list, e), append(devices, device)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	for i, index := range devices {
		if list[i].Device, err = m.deviceName(index); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Add adds an endpoint and gives it with the number that it got. Errors are those
// of Check, one for a device that does not exist, and the kernel's: EEXIST when
// the address has an endpoint already.
func (m *Manager) Add(e Endpoint) (Endpoint, error) {
	if err := e.Check(); err != nil {
		return Endpoint{}, fmt.Errorf("mptcp endpoint %s: %w", e, err)
	}
	e.Addr = e.Addr.Unmap()
	device, err := m.deviceIndex(e.Device)
	if err != nil {
		return Endpoint{}, explain(err, "add endpoint %s", e)
	}
	var a attrs
	a.nested(pmAttrAddr, endpointAttrs(e, device))
	if err := m.genl.do(m.family, unix.NLM_F_ACK, pmAddAddr, a, nil); err != nil {
		return Endpoint{}, explain(err, "add endpoint %s", e)
	}
	// The kernel does not tell the number that it chose; an address has one
	// endpoint for each port.
	list, err := m.Endpoints()
	if err != nil {
		return Endpoint{}, err
	}
	for _, got := range list {
		if got.Addr == e.Addr && got.Port == e.Port {
			return got, nil
		}
	}
	return Endpoint{}, explain(errors.New("it was removed at once by someone else"), "add endpoint %s", e)
}

// Remove removes an endpoint by its number; the paths that use it end.
func (m *Manager) Remove(id uint8) error {
	if id == 0 {
		return errors.New("mptcp path manager: the numbers of endpoints begin at 1")
	}
	var inner, a attrs
	inner.uint8(addrAttrID, id)
	a.nested(pmAttrAddr, inner)
	return explain(m.genl.do(m.family, unix.NLM_F_ACK, pmDelAddr, a, nil), "remove endpoint %d", id)
}

// Flush removes all endpoints.
func (m *Manager) Flush() error {
	return explain(m.genl.do(m.family, unix.NLM_F_ACK, pmFlush, nil, nil), "remove all endpoints")
}

// Limits gives the limits.
func (m *Manager) Limits() (Limits, error) {
	var l Limits
	err := m.genl.do(m.family, unix.NLM_F_ACK, pmGetLimits, nil, func(b []byte) (err error) {
		l, err = parseLimits(b)
		return err
	})
	return l, explain(err, "read the limits")
}

// SetLimits sets both limits. Kernels have a maximum, 8 up to Linux 6.18.
func (m *Manager) SetLimits(l Limits) error {
	if l.Subflows < 0 || l.AddAddrAccepted < 0 {
		return fmt.Errorf("mptcp path manager: limits are 0 or more, got subflows %d and add_addr_accepted %d", l.Subflows, l.AddAddrAccepted)
	}
	var a attrs
	a.uint32(pmAttrRcvAddAddrs, uint32(min(l.AddAddrAccepted, 1<<31-1)))
	a.uint32(pmAttrSubflows, uint32(min(l.Subflows, 1<<31-1)))
	return explain(m.genl.do(m.family, unix.NLM_F_ACK, pmSetLimits, a, nil), "set the limits to subflows %d add_addr_accepted %d", l.Subflows, l.AddAddrAccepted)
}

// deviceIndex finds an interface in the namespace of the socket; 0 for none.
func (m *Manager) deviceIndex(name string) (uint32, error) {
	if name == "" {
		return 0, nil
	}
	req, err := unix.NewIfreq(name)
	if err == nil {
		err = m.ioctl(unix.SIOCGIFINDEX, req)
	}
	if err != nil {
		return 0, fmt.Errorf("there is no network interface %q: %w", name, err)
	}
	return req.Uint32(), nil
}

// deviceName is the opposite; interfaces that are gone are called if and their number.
func (m *Manager) deviceName(index uint32) (string, error) {
	if index == 0 {
		return "", nil
	}
	req, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	req.SetUint32(index)
	switch err := m.ioctl(unix.SIOCGIFNAME, req); {
	case errors.Is(err, unix.ENODEV):
		return fmt.Sprintf("if%d", index), nil
	case err != nil:
		return "", fmt.Errorf("name of network interface %d: %w", index, err)
	}
	return req.Name(), nil
}

func (m *Manager) ioctl(request uint, req *unix.Ifreq) error {
	m.genl.mu.Lock()
	defer m.genl.mu.Unlock()
	return unix.IoctlIfreq(m.genl.fd, request, req)
}
