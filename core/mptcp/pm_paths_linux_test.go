package mptcp

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// paths declares endpoints in short: ADDRESS[@DEVICE] FLAG,FLAG.
func paths(t *testing.T, l Limits, endpoints ...string) Paths {
	t.Helper()
	p := Paths{Limits: l}
	for _, s := range endpoints {
		place, flags, _ := strings.Cut(s, " ")
		a, dev, _ := strings.Cut(place, "@")
		p.Endpoints = append(p.Endpoints, Endpoint{
			Addr: addr(a), Device: dev, Signal: strings.Contains(flags, "signal"),
			Subflow: strings.Contains(flags, "subflow"), Backup: strings.Contains(flags, "backup"),
		})
	}
	return p
}

// kernel gives the endpoints and limits as ip mptcp shows them, in one line.
func kernel(t *testing.T) string {
	t.Helper()
	return strings.ReplaceAll(ip(t, "mptcp endpoint show"), "\n", ", ") + "; " + ip(t, "mptcp limits show")
}

const untouched = "add_addr_accepted 0 subflows 2" // the kernel's limits

func TestApply(t *testing.T) {
	both := NoPaths().Limits
	type step struct {
		do    string // a command of ip, "undo", or "" for Apply
		want  Paths
		state string
		err   string
	}
	apply := func(state string, l Limits, endpoints ...string) step {
		return step{want: paths(t, l, endpoints...), state: state}
	}
	refused := func(err, state string, l Limits, endpoints ...string) step {
		return step{want: paths(t, l, endpoints...), state: state, err: err}
	}
	by := func(do, state string) step { return step{do: do, state: state} }
	const a, b = "10.0.1.1 signal subflow", "10.0.2.1@eth1 subflow"
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"start and stop", []step{
			apply("10.0.1.1 id 1 signal subflow, 10.0.2.1 id 2 subflow dev eth1; add_addr_accepted 4 subflows 3", Limits{3, 4}, a, b),
			by("undo", "; "+untouched),
			by("undo", "; "+untouched),
		}},
		{"equal ones stay over a reload", []step{
			apply("10.0.1.1 id 1 signal subflow, 10.0.2.1 id 2 subflow dev eth1; "+untouched, both, a, b),
			apply("10.0.2.1 id 2 subflow dev eth1, 10.0.3.1 id 3 signal; "+untouched, both, "10.0.3.1 signal", b),
			apply("10.0.2.1 id 2 subflow dev eth1, 10.0.3.1 id 3 signal; "+untouched, both, b, "10.0.3.1 signal"),
			by("undo", "; "+untouched),
		}},
		{"other settings of one's own", []step{
			apply("10.0.1.1 id 1 signal subflow; "+untouched, both, a),
			apply("10.0.1.1 id 1 subflow backup; "+untouched, both, "10.0.1.1 subflow,backup"),
			apply("10.0.1.1 id 1 subflow dev eth1; "+untouched, both, "10.0.1.1@eth1 subflow"),
			by("undo", "; "+untouched),
		}},
		{"those of others stay", []step{
			by("mptcp endpoint add 10.0.1.1 id 9 signal subflow", "10.0.1.1 id 9 signal subflow; "+untouched),
			apply("10.0.1.1 id 9 signal subflow, 10.0.2.1 id 10 subflow dev eth1; "+untouched, both, a, b),
			apply("10.0.1.1 id 9 signal subflow; "+untouched, both),
			by("undo", "10.0.1.1 id 9 signal subflow; "+untouched),
		}},
		{"those of others are not changed", []step{
			by("mptcp endpoint add 10.0.1.1 id 9 subflow", "10.0.1.1 id 9 subflow; "+untouched),
			refused(`mptcp endpoint 10.0.1.1 signal subflow: the address has an endpoint with other settings already, 10.0.1.1 id 9 subflow: remove it with "ip mptcp endpoint delete id 9"`,
				"10.0.1.1 id 9 subflow; "+untouched, Limits{5, 5}, b, a),
			by("undo", "10.0.1.1 id 9 subflow; "+untouched),
		}},
		{"what was removed by hand comes again", []step{
			apply("10.0.1.1 id 1 signal subflow, 10.0.2.1 id 2 subflow dev eth1; "+untouched, both, a, b),
			by("mptcp endpoint delete id 1", "10.0.2.1 id 2 subflow dev eth1; "+untouched),
			apply("10.0.2.1 id 2 subflow dev eth1, 10.0.1.1 id 3 signal subflow; "+untouched, both, a, b),
			by("mptcp endpoint flush", "; "+untouched),
			by("undo", "; "+untouched),
		}},
		{"what was changed by hand is changed back", []step{
			apply("10.0.1.1 id 1 signal subflow; "+untouched, both, a),
			by("mptcp endpoint change id 1 backup", "10.0.1.1 id 1 signal subflow backup; "+untouched),
			apply("10.0.1.1 id 1 signal subflow; "+untouched, both, a),
			by("mptcp endpoint change id 1 backup", "10.0.1.1 id 1 signal subflow backup; "+untouched),
			by("undo", "; "+untouched),
		}},
		{"a device that came again", []step{
			apply("10.0.2.1 id 1 subflow dev eth1; "+untouched, both, b),
			by("link delete eth1", "10.0.2.1 id 1 subflow dev if*; "+untouched),
			by("link add eth1 type veth peer name eth1p", "10.0.2.1 id 1 subflow dev if*; "+untouched),
			apply("10.0.2.1 id 1 subflow dev eth1; "+untouched, both, b),
			by("link delete eth1", "10.0.2.1 id 1 subflow dev if*; "+untouched),
			by("undo", "; "+untouched),
		}},
		{"limits come back one by one", []step{
			apply("; add_addr_accepted 0 subflows 4", Limits{4, -1}),
			apply("; add_addr_accepted 3 subflows 5", Limits{5, 3}),
			apply("; add_addr_accepted 3 subflows 2", Limits{-1, 3}),
			apply("; "+untouched, both),
		}},
		{"limits that others changed stay", []step{
			apply("; add_addr_accepted 4 subflows 4", Limits{4, 4}),
			by("mptcp limits set subflows 7", "; add_addr_accepted 4 subflows 7"),
			by("undo", "; add_addr_accepted 0 subflows 7"),
		}},
		{"a failure goes back", []step{
			apply("10.0.1.1 id 1 signal subflow, 10.0.2.1 id 2 subflow dev eth1; add_addr_accepted 0 subflows 4", Limits{4, -1}, a, b),
			refused("limit greater than maximum", "10.0.1.1 id 1 signal subflow, 10.0.2.1 id 2 subflow dev eth1; add_addr_accepted 0 subflows 4", Limits{255, -1}, b, "10.0.3.1 signal"),
			refused(`no network interface "eth9"`, "10.0.1.1 id 1 signal subflow, 10.0.2.1 id 2 subflow dev eth1; add_addr_accepted 0 subflows 4", both, "10.0.1.1 signal", "10.0.5.1@eth9 signal"),
			by("undo", "; "+untouched),
		}},
		{"declared twice", []step{
			refused("mptcp endpoint 10.0.1.1 subflow: the address is declared twice", "; "+untouched, both, a, "10.0.1.1 subflow"),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			namespace(t)
			device(t, "eth1")
			m := open(t)
			var applied *Applied
			for i, s := range c.steps {
				var err error
				switch s.do {
				case "":
					var next *Applied
					if next, err = Apply(m, s.want, applied); err == nil {
						applied = next
					} else if next != nil {
						t.Errorf("step %d: a result with the error %v", i, err)
					}
				case "undo":
					if applied != nil {
						err = applied.Undo()
					}
				default:
					ip(t, s.do)
				}
				if (err == nil) != (s.err == "") || err != nil && !strings.Contains(err.Error(), s.err) {
					t.Errorf("step %d: error %v", i, err)
				}
				if got := kernel(t); !matches(got, s.state) {
					t.Errorf("step %d: the kernel has\n%s\nwant\n%s", i, got, s.state)
				}
			}
		})
	}
}

// matches compares, with one * for anything.
func matches(got, want string) bool {
	before, after, star := strings.Cut(want, "*")
	return got == want || star && strings.HasPrefix(got, before) && strings.HasSuffix(got, after)
}

func TestApplyBefore(t *testing.T) {
	namespace(t)
	device(t, "eth1")
	m := open(t)
	first, err := Apply(m, paths(t, Limits{4, -1}, "10.0.1.1 signal"), nil)
	if err != nil {
		t.Fatal(err)
	}
	declared := first.Paths()
	second, err := Apply(m, paths(t, Limits{6, -1}, "10.0.1.1 signal", "10.0.2.1 signal"), first)
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Undo(); err != nil { // it holds nothing any more
		t.Error(err)
	}
	if got := kernel(t); got != "10.0.1.1 id 1 signal, 10.0.2.1 id 2 signal; add_addr_accepted 0 subflows 6" {
		t.Errorf("after Undo of what was replaced: %s", got)
	}
	third, err := Apply(m, declared, second) // the reload failed later on
	if err != nil {
		t.Fatal(err)
	}
	if got := kernel(t); got != "10.0.1.1 id 1 signal; add_addr_accepted 0 subflows 4" {
		t.Errorf("back: %s", got)
	}
	if err := third.Undo(); err != nil {
		t.Error(err)
	}
	if got := kernel(t); got != "; "+untouched {
		t.Errorf("at the end: %s", got)
	}
}

func TestApplyNothing(t *testing.T) {
	applied, err := Apply(nil, NoPaths(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if applied, err = Apply(nil, NoPaths(), applied); err != nil {
		t.Fatal(err)
	}
	if err := applied.Undo(); err != nil {
		t.Error(err)
	}
	if _, err := Apply(nil, paths(t, NoPaths().Limits, "10.0.1.1 signal"), nil); err == nil || !strings.Contains(err.Error(), "is not open") {
		t.Errorf("got %v", err)
	}
}

func TestApplyWithoutRights(t *testing.T) {
	namespace(t)
	device(t, "eth1")
	m := open(t)
	want := paths(t, Limits{4, 4}, "10.0.1.1 signal", "10.0.2.1 signal")
	applied, err := Apply(m, want, nil)
	if err != nil {
		t.Fatal(err)
	}
	ip(t, "mptcp endpoint delete id 2") // which takes rights to put back
	withoutRights(t)
	if applied, err = Apply(m, want, applied); err != nil {
		t.Fatalf("a reload that declares the same: %v", err)
	}
	if _, err = Apply(m, paths(t, Limits{4, 4}), applied); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a reload that declares another: %v", err)
	}
	err = applied.Undo()
	for _, want := range []string{"CAP_NET_ADMIN", `remove it with "ip mptcp endpoint delete id 1"`, "the limits are left changed"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Undo without rights: want %q, got %v", want, err)
		}
	}
}
