package config

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// mptcpOf decodes the section as it would stand in [global].
func mptcpOf(t *testing.T, text string) (Mptcp, error) {
	t.Helper()
	root, err := tree.Parse("test.toml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	var m Mptcp
	err = root.Get("global").Get("mptcp").Decode(&m)
	m.Pos = tree.Pos{}
	for i := range m.Endpoints {
		m.Endpoints[i].Pos = tree.Pos{}
	}
	return m, err
}

func TestMptcp(t *testing.T) {
	four, zero := 4, 0
	addr := func(s string) IPAddress { return IPAddress{netip.MustParseAddr(s)} }
	for _, c := range []struct {
		text string
		want Mptcp
	}{
		{"", Mptcp{}},
		{"subflows = 4\nadd-addr-accepted = 0", Mptcp{Subflows: &four, AddAddrAccepted: &zero}},
		{`endpoints = "10.0.1.1"`, Mptcp{Endpoints: tree.OneOrMany[MptcpEndpoint]{{Address: addr("10.0.1.1"), Signal: true, Subflow: true}}}},
		{`endpoints = ["::ffff:10.0.1.1", "2001:db8::1"]`, Mptcp{Endpoints: tree.OneOrMany[MptcpEndpoint]{
			{Address: addr("10.0.1.1"), Signal: true, Subflow: true}, {Address: addr("2001:db8::1"), Signal: true, Subflow: true},
		}}},
		{`endpoints = [
			{ address = "10.0.1.1", device = "eth1", signal = true, subflow = false, backup = true },
			{ address = "10.0.2.1", fullmesh = true },
			{ address = "10.0.2.1", port = 8443 },
		]`, Mptcp{Endpoints: tree.OneOrMany[MptcpEndpoint]{
			{Address: addr("10.0.1.1"), Device: "eth1", Signal: true, Backup: true},
			{Address: addr("10.0.2.1"), Subflow: true, Fullmesh: true},
			{Address: addr("10.0.2.1"), Signal: true, Port: 8443},
		}}},
	} {
		if got, err := mptcpOf(t, "[global.mptcp]\n"+c.text); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v", c.text, got, err)
		}
	}
}

func TestMptcpErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`endpoints = "eth1"`, `test.toml:2:13: global.mptcp.endpoints: want an address of this machine such as "10.0.1.1", got "eth1"`},
		{`endpoints = ["10.0.1.1:80"]`, `test.toml:2:14: global.mptcp.endpoints[0]: want an address of this machine`},
		{`endpoints = ["0.0.0.0"]`, "want an address of this machine"},
		{`endpoints = ["fe80::1%eth1"]`, `name the interface by device = "eth1"`},
		{`endpoints = [{ device = "eth1" }]`, `address`},
		{`endpoints = [{ address = "10.0.1.1", dev = "eth1" }]`, `unknown key "dev"; the keys here are address, device,`},
		{`endpoints = [{ address = "10.0.1.1", signal = true, fullmesh = true }]`, "signal and fullmesh exclude each other; set one of them to false"},
		{`endpoints = [{ address = "10.0.1.1", subflow = false, fullmesh = true }]`, "fullmesh opens paths, and subflow is off"},
		{`endpoints = [{ address = "10.0.1.1", subflow = true, port = 80 }]`, "a port is only announced to peers; set signal to true and subflow to false"},
		{`endpoints = [{ address = "10.0.1.1", subflow = false, signal = false }]`, "neither announced nor used; set signal or subflow to true"},
		{`endpoints = [{ address = "10.0.1.1", port = 65536 }]`, "65535"},
		{`endpoints = ["10.0.1.1", "10.0.1.1"]`, "test.toml:2:26: global.mptcp.endpoints: 10.0.1.1 is an endpoint twice"},
		{"subflows = -1", "subflows"},
		{"subflows = 256", "255"},
	} {
		if _, err := mptcpOf(t, "[global.mptcp]\n"+c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.text, err)
		}
	}
}
