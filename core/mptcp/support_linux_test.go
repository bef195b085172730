package mptcp

import (
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// good is a state without findings.
func good() Kernel {
	return Kernel{
		Release: "6.18.1", Compiled: true, Usable: true, Sysctls: map[string]string{"enabled": "1", "path_manager": "kernel"}, PathManager: "kernel",
		Limits:    Limits{Subflows: 2, AddAddrAccepted: 2},
		Endpoints: []Endpoint{{ID: 1, Addr: addr("10.0.1.1"), Device: "eth1", Subflow: true, Signal: true}},
		Interfaces: []Interface{
			{Name: "eth0", Addresses: []netip.Addr{addr("10.0.0.1")}, RPFilter: 2}, {Name: "eth1", Addresses: []netip.Addr{addr("10.0.1.1"), addr("2001:db8::1")}},
		},
	}
}

// lines writes findings as a user sees them: name, ! for fatal, commands.
func lines(list []Finding) (out []string) {
	for _, f := range list {
		mark := ""
		if f.Fatal {
			mark = "!"
		}
		out = append(out, f.Name+mark+": "+strings.Join(f.Fix, " && "))
	}
	return out
}

func TestCheck(t *testing.T) {
	if list := good().Check(); list != nil {
		t.Fatalf("findings of a good state: %+v", list)
	}
	for _, c := range []struct {
		name    string
		change  func(*Kernel)
		want    []string
		problem string // in the first finding
	}{
		{"no MPTCP", func(k *Kernel) { *k = Kernel{Release: "5.4.0"} }, []string{"kernel!: "}, "the kernel 5.4.0 has no Multipath TCP"},
		{"off", func(k *Kernel) { k.Sysctls["enabled"] = "0"; k.Usable = false; k.Refusal = "protocol not available" },
			[]string{"enabled!: sysctl -w net.mptcp.enabled=1"}, "turned off"},
		{"refused", func(k *Kernel) { k.Usable = false; k.Refusal = "permission denied" }, []string{"sockets!: "}, "(permission denied): a security policy such as SELinux"},
		{"userspace", func(k *Kernel) {
			k.PathManager, k.Sysctls["path_manager"] = "userspace", "userspace"
			k.Endpoints, k.Limits = nil, Limits{} // which do not matter then
		}, []string{"path-manager: sysctl -w net.mptcp.path_manager=kernel"}, `(path manager "userspace")`},
		{"userspace before 6.15", func(k *Kernel) {
			k.PathManager = "userspace"
			k.Sysctls = map[string]string{"enabled": "1", "pm_type": "1"}
		}, []string{"path-manager: sysctl -w net.mptcp.pm_type=0"}, "mptcpd"},
		{"kernel before 5.19", func(k *Kernel) { k.PathManager = ""; k.Limits = Limits{} }, []string{"subflows: ip mptcp limits set subflows 2", "add-addr-accepted: ip mptcp limits set add_addr_accepted 2"}, "no path besides the first"},
		{"unreadable", func(k *Kernel) { k.Unreadable = "no"; k.Endpoints, k.Limits = nil, Limits{} }, []string{"unreadable: "}, "not checked: no"},
		{"no interface", func(k *Kernel) { k.Interfaces, k.Endpoints = nil, nil }, []string{"interfaces: ip address add ADDRESS/BITS dev NAME"}, "no network interface"},
		{"one interface", func(k *Kernel) { k.Interfaces = k.Interfaces[1:] }, []string{"interfaces: ip address add ADDRESS/BITS dev NAME"}, "only one interface has an address, eth1"},
		{"one interface and containers", func(k *Kernel) { k.Interfaces[0].Name, k.Interfaces[0].RPFilter = "docker0", 1 }, []string{"interfaces: ip address add ADDRESS/BITS dev NAME"}, "only one interface"},
		{"no endpoints", func(k *Kernel) { k.Endpoints = nil }, []string{
			"endpoints: ip mptcp endpoint add 10.0.0.1 dev eth0 signal subflow && ip mptcp endpoint add 10.0.1.1 dev eth1 signal subflow && ip mptcp endpoint add 2001:db8::1 dev eth1 signal subflow",
		}, "this machine has 3 addresses, and none is an endpoint"},
		{"stale", func(k *Kernel) {
			k.Endpoints = append(k.Endpoints, Endpoint{ID: 2, Addr: addr("10.9.9.9"), Signal: true}, Endpoint{ID: 3, Addr: addr("10.0.1.1"), Device: "if7", Subflow: true, Port: 9},
				Endpoint{ID: 4, Addr: addr("fe80::1")}, Endpoint{ID: 5, Addr: addr("10.9.9.8"), Implicit: true})
		}, []string{"stale-endpoints: ip mptcp endpoint delete id 2 && ip mptcp endpoint delete id 3"}, "10.9.9.9 id 2 signal, 10.0.1.1 port 9 id 3 subflow dev if7"},
		{"more endpoints than paths", func(k *Kernel) {
			k.Limits.Subflows = 1
			k.Endpoints = append(k.Endpoints, Endpoint{ID: 2, Addr: addr("10.0.0.1"), Subflow: true}, Endpoint{ID: 3, Addr: addr("2001:db8::1"), Subflow: true})
		}, []string{"subflows: ip mptcp limits set subflows 2"}, "allows connections 1 more paths, and the endpoints make 2"},
		{"strict filter", func(k *Kernel) {
			k.Interfaces[0].RPFilter = 1
			k.Interfaces[1].RPFilter = 1
			k.Interfaces[1].Name = "eth1.7"
			k.Endpoints[0].Device = ""
		},
			[]string{"rp-filter: sysctl -w net.ipv4.conf.eth0.rp_filter=2 && sysctl -w net.ipv4.conf.eth1/7.rp_filter=2"}, "eth0, eth1.7"},
		{"strict filter without IPv4", func(k *Kernel) { k.Interfaces[0].RPFilter = 1; k.Interfaces[0].Addresses[0] = addr("2001:db8::9") }, nil, ""},
	} {
		k := good()
		c.change(&k)
		list := k.Check()
		if got := lines(list); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q", c.name, got)
		}
		if len(list) > 0 && !strings.Contains(list[0].Problem, c.problem) {
			t.Errorf("%s: the problem is %q", c.name, list[0].Problem)
		}
	}
}

// TestMend starts from a machine where much is wrong and runs the commands that
// Check names, until nothing is left.
func TestMend(t *testing.T) {
	namespace(t)
	device(t, "eth1", "10.0.1.1/24", "fd00:1::1/64")
	device(t, "eth2", "10.0.2.1/24")
	ip(t, "mptcp limits set subflows 0 add_addr_accepted 0")
	sysctl(t, "net/ipv4/conf/eth2/rp_filter", "1")
	sysctl(t, "net/mptcp/enabled", "0")
	if _, err := os.Stat(sysctlDir + "/path_manager"); err == nil {
		sysctl(t, "net/mptcp/path_manager", "userspace")
	} else {
		sysctl(t, "net/mptcp/pm_type", "1")
	}
	var seen []string
	for range 5 {
		list, err := Check()
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, f := range list {
			seen = append(seen, f.Name)
			for _, command := range f.Fix {
				mend(t, command)
			}
		}
	}
	if want := []string{"enabled", "path-manager", "rp-filter", "endpoints", "subflows", "add-addr-accepted"}; !slices.Equal(seen, want) {
		t.Errorf("the findings were %q", seen)
	}
	want := "10.0.1.1 id 1 signal subflow dev eth1, fd00:1::1 id 2 signal subflow dev eth1, 10.0.2.1 id 3 signal subflow dev eth2; add_addr_accepted 2 subflows 2"
	if got := kernel(t); got != want {
		t.Errorf("mended: %s", got)
	}
	if list, err := Check(); err != nil || len(list) > 0 {
		t.Errorf("left: %+v, %v", list, err)
	}
}

// mend runs one of Check's commands; those of sysctl by writing the file.
func mend(t *testing.T, command string) {
	t.Helper()
	if args, ok := strings.CutPrefix(command, "ip "); ok {
		ip(t, args)
		return
	}
	setting, ok := strings.CutPrefix(command, "sysctl -w ")
	key, value, both := strings.Cut(setting, "=")
	if !ok || !both {
		t.Fatalf("the command %q", command)
	}
	sysctl(t, strings.ReplaceAll(key, ".", "/"), value)
}

func TestSupport(t *testing.T) {
	namespace(t)
	device(t, "eth1", "10.0.1.1/24", "fd00:1::1/64")
	ip(t, "link add eth2 type veth peer name eth2p") // neither up nor with an address
	ip(t, "mptcp endpoint add 10.0.1.1 dev eth1 subflow")
	ip(t, "mptcp limits set subflows 3 add_addr_accepted 1")
	sysctl(t, "net/ipv4/conf/all/rp_filter", "2")
	sysctl(t, "net/ipv4/conf/eth1/rp_filter", "1")
	k, err := Support()
	if err != nil {
		t.Fatal(err)
	}
	if !k.Compiled || !k.Usable || k.Refusal != "" || k.Unreadable != "" || k.Release == "" || k.Sysctls["enabled"] != "1" || k.PathManager != "kernel" {
		t.Errorf("got %+v", k)
	}
	if want := []Endpoint{{ID: 1, Addr: addr("10.0.1.1"), Device: "eth1", Subflow: true}}; !reflect.DeepEqual(k.Endpoints, want) || k.Limits != (Limits{3, 1}) {
		t.Errorf("got %v, %+v", k.Endpoints, k.Limits)
	}
	if want := []Interface{{Name: "eth1", Addresses: []netip.Addr{addr("10.0.1.1"), addr("fd00:1::1")}, RPFilter: 2}}; !reflect.DeepEqual(k.Interfaces, want) {
		t.Errorf("got %+v", k.Interfaces)
	}
	sysctl(t, "net/mptcp/enabled", "0")
	if k, err = Support(); err != nil || k.Usable || k.Refusal == "" {
		t.Errorf("turned off: %+v, %v", k, err)
	}
}

func TestCounters(t *testing.T) {
	namespace(t)
	before, err := ReadCounters()
	if err != nil || before != (Counters{}) {
		t.Fatalf("in a new namespace: %+v, %v", before, err)
	}
	connect(t, true, true)  // both ends are in the namespace and count
	connect(t, false, true) // the server speaks plain TCP
	got, err := ReadCounters()
	if err != nil {
		t.Fatal(err)
	}
	if got.Accepted != 1 || got.Opened != 1 || got.FallenBack != 1 || got.Established != 0 && got.Established != 3 {
		t.Errorf("got %+v", got)
	}
}

func TestParseCounters(t *testing.T) {
	const head = "TcpExt: SyncookiesSent\nTcpExt: 0\n"
	for _, c := range []struct {
		name, text string
		want       Counters
		err        string
	}{
		{"all", head + "MPTcpExt: MPCapableACKRX MPCapableFallbackACK MPCapableFallbackSYNACK MPJoinRejected MPJoinNoTokenFound MPCurrEstab New\nMPTcpExt: 1 2 3 4 5 6 7\n",
			Counters{Accepted: 1, FallenBack: 5, PathsRefused: 9, Established: 6}, ""},
		{"without MPTCP", head, Counters{}, ""},
		{"names only", "MPTcpExt: A\n", Counters{}, "names and no values"},
		{"one value less", "MPTcpExt: A B\nMPTcpExt: 1\n", Counters{}, "2 names and 1 values"},
		{"no number", "MPTcpExt: A\nMPTcpExt: -1\n", Counters{}, "A of MPTcpExt:"},
	} {
		got, err := parseCounters(c.text)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(fmt.Sprint(err), c.err) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}
