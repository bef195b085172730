package cli

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/mptcp"
)

func mptcpRun(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	c := mptcpCommand()
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&out)
	err := c.Execute()
	return out.String(), err
}

func TestMptcpStatus(t *testing.T) {
	text, err := mptcpRun(t, "status")
	if err != nil {
		t.Fatal(err)
	}
	kernel, err := mptcp.Support()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, "Multipath TCP") || !strings.Contains(text, kernel.Release) {
		t.Errorf("got:\n%s", text)
	}
	text, err = mptcpRun(t, "status", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var got mptcp.Kernel
	if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, kernel) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, kernel)
	}
}

func TestMptcpStatusPrint(t *testing.T) {
	for _, c := range []struct {
		name string
		s    mptcpStatus
		want string
	}{
		{"without MPTCP", mptcpStatus{Kernel: mptcp.Kernel{Release: "5.4"}}, "Multipath TCP  not in this kernel, Linux 5.4\n"},
		{"turned off", mptcpStatus{Kernel: mptcp.Kernel{Release: "5.15", Compiled: true, Refusal: "protocol not available", Sysctls: map[string]string{"enabled": "0"}}},
			`Multipath TCP  refused by Linux 5.15: protocol not available
path manager   the kernel has no choice
scheduler      the kernel has no choice
limits         subflows 0, add_addr_accepted 0
endpoints      none
interfaces     none
connections    0 now; since the start 0 accepted, 0 opened, 0 fell back to plain TCP
further paths  0 accepted, 0 opened, 0 refused
addresses      0 announced, 0 learned
retransmits    0
sysctls        net.mptcp.enabled = 0
`},
		{"at work", mptcpStatus{
			Kernel: mptcp.Kernel{
				Release: "6.18", Compiled: true, Usable: true, PathManager: "kernel", Scheduler: "default", Limits: mptcp.Limits{Subflows: 4, AddAddrAccepted: 3},
				Endpoints: []mptcp.Endpoint{
					{ID: 1, Addr: netip.MustParseAddr("10.0.1.1"), Device: "eth1", Signal: true, Subflow: true},
					{ID: 2, Addr: netip.MustParseAddr("10.0.2.1"), Subflow: true, Backup: true},
				},
				Interfaces: []mptcp.Interface{{Name: "eth1", Addresses: []netip.Addr{netip.MustParseAddr("10.0.1.1"), netip.MustParseAddr("2001:db8::1")}}},
			},
			Counters: mptcp.Counters{Established: 1, Accepted: 2, Opened: 3, FallenBack: 4, PathsAccepted: 5, PathsOpened: 6, PathsRefused: 7, Announced: 8, Learned: 9, Retransmits: 10},
		}, `Multipath TCP  on, Linux 6.18
path manager   kernel
scheduler      default
limits         subflows 4, add_addr_accepted 3
endpoints      10.0.1.1 id 1 signal subflow dev eth1
               10.0.2.1 id 2 subflow backup
interfaces     eth1 10.0.1.1 2001:db8::1
connections    1 now; since the start 2 accepted, 3 opened, 4 fell back to plain TCP
further paths  5 accepted, 6 opened, 7 refused
addresses      8 announced, 9 learned
retransmits    10
sysctls        none
`},
	} {
		var out bytes.Buffer
		if err := c.s.print(&out); err != nil || out.String() != c.want {
			t.Errorf("%s: %v\ngot:\n%s\nwant:\n%s", c.name, err, out.String(), c.want)
		}
	}
}

func TestMptcpFindings(t *testing.T) {
	list := []mptcp.Finding{{Name: "subflows", Problem: "none are allowed", Fix: []string{"ip mptcp limits set subflows 2"}}, {Name: "interfaces", Problem: "only one"}}
	fatal := []mptcp.Finding{{Name: "kernel", Fatal: true, Problem: "no MPTCP"}}
	for _, c := range []struct {
		list          []mptcp.Finding
		text, verdict string
	}{
		{nil, "nothing is missing for Multipath TCP to work\n", ""},
		{list[:1], "subflows: none are allowed\n    ip mptcp limits set subflows 2\n", "MPTCP works, but one thing keeps it from using paths"},
		{list, "subflows: none are allowed\n    ip mptcp limits set subflows 2\ninterfaces: only one\n", "MPTCP works, but 2 things keep it from using paths"},
		{fatal, "kernel: no MPTCP\n", "MPTCP does not work here"},
	} {
		var out bytes.Buffer
		if err := printFindings(&out, c.list); err != nil || out.String() != c.text {
			t.Errorf("got %v:\n%s", err, out.String())
		}
		if err := verdict(c.list); (err == nil) != (c.verdict == "") || err != nil && err.Error() != c.verdict {
			t.Errorf("the verdict is %v", err)
		}
	}
}

func TestMptcpCheck(t *testing.T) {
	want, err := mptcp.Check()
	if err != nil {
		t.Fatal(err)
	}
	text, err := mptcpRun(t, "check", "--json")
	if (err == nil) != (len(want) == 0) {
		t.Errorf("%d findings, and the error %v", len(want), err)
	}
	got := []mptcp.Finding(nil)
	if err := json.Unmarshal([]byte(text), &got); err != nil || got == nil || len(got) != len(want) {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestMptcpConnections(t *testing.T) {
	serve := func(known bool) string {
		path := filepath.Join(t.TempDir(), "s")
		s, err := admin.Listen(path, admin.Options{UID: -1, GID: -1})
		if err != nil {
			t.Fatal(err)
		}
		if known {
			s.Handle("show mptcp connections", "", func([]string) (string, error) { return "token=1 paths=2\n", nil })
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Serve() }()
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			<-ended
		})
		return path
	}
	if text, err := mptcpRun(t, "connections", "--socket", serve(true)); err != nil || text != "token=1 paths=2\n" {
		t.Errorf("got %q, %v", text, err)
	}
	if _, err := mptcpRun(t, "connections", "--socket", serve(false)); err == nil || !strings.Contains(err.Error(), "another version") {
		t.Errorf("got %v", err)
	}
	if _, err := mptcpRun(t, "connections", "--socket", filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "cannot reach the process") {
		t.Errorf("got %v", err)
	}
	if _, err := mptcpRun(t, "status", "now"); err == nil || !strings.Contains(err.Error(), `"now" is not expected`) {
		t.Errorf("got %v", err)
	}
}
