package mptcp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Finding is something that keeps MPTCP from working, or from using paths.
type Finding struct {
	// Name is a word for it that does not change, for programs.
	Name string `json:"name"`
	// Fatal reports whether MPTCP does not work at all; else it works with fewer
	// paths.
	Fatal bool `json:"fatal"`
	// Problem says what is wrong, in plain words.
	Problem string `json:"problem"`
	// Fix are the commands that mend it, as root; nil when there are none.
	Fix []string `json:"fix,omitempty"`
}

// Check finds what is missing for MPTCP to work here.
func Check() ([]Finding, error) {
	k, err := Support()
	if err != nil {
		return nil, err
	}
	return k.Check(), nil
}

// Check finds what is missing for MPTCP to work with this state; nil for nothing.
func (k Kernel) Check() []Finding {
	if f, ok := k.checkSockets(); !ok {
		return []Finding{f} // what follows does not matter then
	}
	var list []Finding
	for _, check := range []func() (Finding, bool){
		k.checkManager, k.checkReadable, k.checkInterfaces, k.checkEndpoints, k.checkStale, k.checkSubflows, k.checkAccepted, k.checkFilter,
	} {
		if f, ok := check(); !ok {
			list = append(list, f)
		}
	}
	return list
}

func (k Kernel) checkSockets() (Finding, bool) {
	switch {
	case !k.Compiled:
		return Finding{"kernel", true, fmt.Sprintf("the kernel %s has no Multipath TCP: it takes Linux 5.6 or later, built with CONFIG_MPTCP, as the kernels of current distributions are", k.Release), nil}, false
	case k.Sysctls["enabled"] == "0":
		return Finding{"enabled", true, "Multipath TCP is turned off in this network namespace", []string{"sysctl -w net.mptcp.enabled=1"}}, false
	case !k.Usable:
		return Finding{"sockets", true, "the kernel has Multipath TCP, but refuses its sockets to this process (" + k.Refusal + "): a security policy such as SELinux or a seccomp profile forbids them", nil}, false
	}
	return Finding{}, true
}

// managed reports whether the kernel's own path manager is at work.
func (k Kernel) managed() bool { return k.PathManager == "kernel" || k.PathManager == "" }

func (k Kernel) checkManager() (Finding, bool) {
	if k.managed() {
		return Finding{}, true
	}
	fix := "sysctl -w net.mptcp.path_manager=kernel"
	if k.Sysctls["path_manager"] == "" {
		fix = "sysctl -w net.mptcp.pm_type=0"
	}
	return Finding{"path-manager", false, fmt.Sprintf("paths are left to a program of its own such as mptcpd (path manager %q): endpoints and limits have no effect", k.PathManager), []string{fix}}, false
}

func (k Kernel) checkReadable() (Finding, bool) {
	return Finding{"unreadable", false, "endpoints and limits could not be read and are not checked: " + k.Unreadable, nil}, k.Unreadable == ""
}

func (k Kernel) checkInterfaces() (Finding, bool) {
	names := k.pathInterfaces()
	fix := []string{"ip address add ADDRESS/BITS dev NAME"}
	switch len(names) {
	case 0:
		return Finding{"interfaces", false, "no network interface is up and has an address that others can reach", fix}, false
	case 1:
		return Finding{"interfaces", false, fmt.Sprintf("only one interface has an address, %s: this machine has one path, though peers with several can use theirs", names[0]), fix}, false
	}
	return Finding{}, true
}

// pathInterfaces names the interfaces that may be paths.
func (k Kernel) pathInterfaces() (names []string) {
	for _, e := range k.outward() {
		if !slices.Contains(names, e.Device) {
			names = append(names, e.Device)
		}
	}
	return names
}

// hostOnly are beginnings of names of interfaces to containers and virtual
// machines on this machine, which are no paths to elsewhere.
var hostOnly = []string{"docker", "br-", "virbr", "cni", "flannel", "cali", "lxcbr", "lxdbr", "podman", "veth"}

func (i Interface) hostOnly() bool {
	return slices.ContainsFunc(hostOnly, func(prefix string) bool { return strings.HasPrefix(i.Name, prefix) })
}

// outward gives the addresses that may be paths, each with its interface.
func (k Kernel) outward() (list []Endpoint) {
	for _, i := range k.Interfaces {
		if i.hostOnly() {
			continue
		}
		for _, a := range i.Addresses {
			list = append(list, Endpoint{Addr: a, Device: i.Name, Signal: true, Subflow: true})
		}
	}
	return list
}

func (k Kernel) checkEndpoints() (Finding, bool) {
	list := k.outward()
	if len(k.Endpoints) > 0 || len(list) < 2 || k.Unreadable != "" || !k.managed() {
		return Finding{}, true
	}
	f := Finding{Name: "endpoints", Problem: fmt.Sprintf("this machine has %d addresses, and none is an endpoint: no more paths are announced or opened; endpoints in [global.mptcp] do the same", len(list))}
	for _, e := range list {
		f.Fix = append(f.Fix, fmt.Sprintf("ip mptcp endpoint add %s dev %s signal subflow", e.Addr, e.Device))
	}
	return f, false
}

func (k Kernel) checkStale() (Finding, bool) {
	f := Finding{Name: "stale-endpoints"}
	var stale []string
	for _, e := range k.Endpoints {
		here := slices.ContainsFunc(k.Interfaces, func(i Interface) bool {
			return (e.Device == "" || e.Device == i.Name) && slices.Contains(i.Addresses, e.Addr)
		})
		// Those on loopback and link-local addresses are not among the interfaces'.
		if !here && e.Addr.IsGlobalUnicast() && !e.Implicit {
			stale = append(stale, e.String())
			f.Fix = append(f.Fix, fmt.Sprintf("ip mptcp endpoint delete id %d", e.ID))
		}
	}
	f.Problem = "endpoints whose address is on no interface that is up, or not on theirs: " + strings.Join(stale, ", ")
	return f, len(stale) == 0
}

func (k Kernel) checkSubflows() (Finding, bool) {
	if k.Unreadable != "" || !k.managed() {
		return Finding{}, true
	}
	need := 0 // one endpoint is the first path's address, most often
	for _, e := range k.Endpoints {
		if e.Subflow {
			need++
		}
	}
	need = max(need-1, 1)
	if k.Limits.Subflows >= need {
		return Finding{}, true
	}
	problem := "the kernel allows connections no path besides the first"
	if k.Limits.Subflows > 0 {
		problem = fmt.Sprintf("the kernel allows connections %d more paths, and the endpoints make %d", k.Limits.Subflows, need)
	}
	return Finding{"subflows", false, problem, []string{fmt.Sprintf("ip mptcp limits set subflows %d", min(max(need, 2), 8))}}, false
}

func (k Kernel) checkAccepted() (Finding, bool) {
	if k.Unreadable != "" || !k.managed() || k.Limits.AddAddrAccepted > 0 {
		return Finding{}, true
	}
	return Finding{"add-addr-accepted", false, "addresses that servers announce are not used", []string{"ip mptcp limits set add_addr_accepted 2"}}, false
}

func (k Kernel) checkFilter() (Finding, bool) {
	f := Finding{Name: "rp-filter"}
	var strict []string
	for _, i := range k.Interfaces {
		v4 := slices.ContainsFunc(i.Addresses, netip.Addr.Is4)
		if i.RPFilter == 1 && v4 && !i.hostOnly() {
			strict = append(strict, i.Name)
			f.Fix = append(f.Fix, fmt.Sprintf("sysctl -w net.ipv4.conf.%s.rp_filter=2", sysctlName(i.Name)))
		}
	}
	f.Problem = "packets are dropped that come in by another interface than the way back goes (rp_filter is strict): " + strings.Join(strict, ", ")
	return f, len(strict) == 0 || len(k.pathInterfaces()) < 2
}

// sysctlName writes an interface's name as sysctl(8) takes it.
func sysctlName(name string) string { return strings.ReplaceAll(name, ".", "/") }
