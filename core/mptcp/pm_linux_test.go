package mptcp

import (
	"errors"
	"io/fs"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func TestEndpoints(t *testing.T) {
	namespace(t)
	device(t, "eth1", "10.0.1.1/24", "fd00:1::1/64")
	m := open(t)
	if list, err := m.Endpoints(); err != nil || len(list) != 0 {
		t.Fatalf("at the start: %v, %v", list, err)
	}
	want := []Endpoint{
		{ID: 1, Addr: addr("10.0.1.1"), Device: "eth1", Signal: true, Subflow: true},
		{ID: 2, Addr: addr("fd00:1::1"), Device: "eth1", Subflow: true, Backup: true, Fullmesh: true},
		{ID: 77, Addr: addr("10.0.2.1"), Signal: true},
		{ID: 78, Addr: addr("10.0.1.1"), Port: 8443, Signal: true},
	}
	for _, e := range want {
		add := e
		if add.ID < 3 { // the kernel chooses
			add.ID = 0
		}
		if got, err := m.Add(add); err != nil || got != e {
			t.Fatalf("add %s: got %s, %v", add, got, err)
		}
	}
	if got, err := m.Endpoints(); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	const shown = `10.0.1.1 id 1 signal subflow dev eth1
fd00:1::1 id 2 subflow backup fullmesh dev eth1
10.0.2.1 id 77 signal
10.0.1.1 port 8443 id 78 signal`
	if got := ip(t, "mptcp endpoint show"); got != shown {
		t.Errorf("ip mptcp endpoint show:\n%s", got)
	}
	var lines []string
	for _, e := range want {
		lines = append(lines, e.String())
	}
	if got := strings.Join(lines, "\n"); got != shown {
		t.Errorf("as strings:\n%s", got)
	}
	if err := m.Remove(77); err != nil {
		t.Error(err)
	}
	ip(t, "link delete eth1")
	list, err := m.Endpoints()
	if err != nil || len(list) != 3 || !strings.HasPrefix(list[0].Device, "if") {
		t.Errorf("without the device: %v, %v", list, err)
	}
	if err := m.Flush(); err != nil {
		t.Error(err)
	}
	if got := ip(t, "mptcp endpoint show"); got != "" {
		t.Errorf("after Flush:\n%s", got)
	}
}

func TestRefused(t *testing.T) {
	namespace(t)
	m := open(t)
	if _, err := m.Add(Endpoint{Addr: addr("10.0.1.1"), Subflow: true}); err != nil {
		t.Fatal(err)
	}
	add := func(e Endpoint) func() error { return func() error { _, err := m.Add(e); return err } }
	for _, c := range []struct {
		name string
		do   func() error
		want string
	}{
		{"twice", add(Endpoint{Addr: addr("10.0.1.1"), Signal: true}), "mptcp path manager: add endpoint 10.0.1.1 signal: too many addresses or duplicate one: -17 (file exists)"},
		{"mapped", add(Endpoint{Addr: addr("::ffff:10.0.1.1"), Signal: true}), "(file exists)"},
		{"device", add(Endpoint{Addr: addr("10.0.1.2"), Device: "eth9"}), `add endpoint 10.0.1.2 dev eth9: there is no network interface "eth9"`},
		{"long device", add(Endpoint{Addr: addr("10.0.1.2"), Device: strings.Repeat("e", 99)}), "there is no network interface"},
		{"no address", add(Endpoint{}), `want an address of this machine such as "10.0.1.1"`},
		{"any address", add(Endpoint{Addr: addr("0.0.0.0")}), "want an address of this machine"},
		{"zone", add(Endpoint{Addr: addr("fe80::1%eth1")}), `write "fe80::1" and the device "eth1"`},
		{"implicit", add(Endpoint{Addr: addr("10.0.1.2"), Implicit: true}), "made by the kernel only"},
		{"signal and fullmesh", add(Endpoint{Addr: addr("10.0.1.2"), Signal: true, Fullmesh: true}), "exclude each other"},
		{"port of a subflow", add(Endpoint{Addr: addr("10.0.1.2"), Port: 80, Signal: true, Subflow: true}), "a port is announced only"},
		{"remove 0", func() error { return m.Remove(0) }, "begin at 1"},
		{"remove unknown", func() error { return m.Remove(99) }, "remove endpoint 99: address not found"},
		{"negative limit", func() error { return m.SetLimits(Limits{Subflows: -1}) }, "limits are 0 or more, got subflows -1"},
		{"high limit", func() error { return m.SetLimits(Limits{Subflows: 1 << 40}) }, "limit greater than maximum"},
	} {
		if err := c.do(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	if err := add(Endpoint{Addr: addr("10.0.1.1")})(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
}

func TestLimits(t *testing.T) {
	namespace(t)
	m := open(t)
	if err := m.SetLimits(Limits{Subflows: 5, AddAddrAccepted: 3}); err != nil {
		t.Fatal(err)
	}
	if got := ip(t, "mptcp limits show"); got != "add_addr_accepted 3 subflows 5" {
		t.Errorf("ip mptcp limits show: %s", got)
	}
	ip(t, "mptcp limits set subflows 1 add_addr_accepted 0")
	if got, err := m.Limits(); err != nil || got != (Limits{Subflows: 1}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// withoutRights takes CAP_NET_ADMIN from the test's thread, which ends with it.
func withoutRights(t *testing.T) {
	t.Helper()
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
	data[0].Effective &^= 1 << unix.CAP_NET_ADMIN
	if err := unix.Capset(&header, &data[0]); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutRights(t *testing.T) {
	namespace(t)
	m := open(t)
	withoutRights(t)
	_, err := m.Add(Endpoint{Addr: addr("10.0.1.1"), Subflow: true})
	for _, err := range []error{err, m.Remove(1), m.Flush(), m.SetLimits(Limits{})} {
		if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "CAP_NET_ADMIN; run as root") {
			t.Errorf("got %v", err)
		}
	}
}

func TestClosed(t *testing.T) {
	m, err := Open()
	if errors.Is(err, ErrUnsupported) {
		missing(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Close(), m.Close()); err != nil {
		t.Error(err)
	}
	if _, err := m.Endpoints(); err == nil || !strings.Contains(err.Error(), "was closed") {
		t.Errorf("got %v", err)
	}
}
