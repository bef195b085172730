package balance

import (
	"maps"
	"strings"
	"testing"
)

// In a full cycle each server has as many turns as its weight says, and with
// static-rr and equal weights in HAProxy's order.
func TestTurns(t *testing.T) {
	settings := []*setting{
		{name: "roundrobin", toml: `balance = "roundrobin"`, haproxy: "balance roundrobin", weights: []int{1, 1, 1}},
		{name: "roundrobin by weight", toml: `balance = "roundrobin"`, haproxy: "balance roundrobin", weights: []int{3, 1, 5, 2}},
		{name: "static-rr", toml: `balance = "static-rr"`, haproxy: "balance static-rr", weights: []int{3, 1, 5, 2}},
		{name: "static-rr with a common factor", toml: `balance = "static-rr"`, haproxy: "balance static-rr", weights: []int{20, 50, 10}},
		{name: "without a key", toml: `balance = { type = "url_param", name = "id" }`, haproxy: "balance url_param id", weights: []int{3, 1, 5, 2}},
	}
	pair(t, settings)
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			total := 0
			for _, w := range s.weights {
				total += w
			}
			a := newAsker(t)
			var ours, theirs []string
			for range 2 * total {
				ours = append(ours, a.ask(t, s.fairleadPort, request{path: "/"}))
				theirs = append(theirs, a.ask(t, s.haproxyPort, request{path: "/"}))
			}
			if x, y := count(ours), count(theirs); !maps.Equal(x, y) {
				t.Errorf("turns are %v, with HAProxy %v", x, y)
			}
			if s.name == "roundrobin" || strings.HasPrefix(s.name, "static-rr") {
				if x, y := strings.Join(ours, " "), strings.Join(theirs, " "); x != y {
					t.Errorf("the order is\n%s, with HAProxy\n%s", x, y)
				}
			}
		})
	}
}

func count(names []string) map[string]int {
	n := map[string]int{}
	for _, s := range names {
		n[s]++
	}
	return n
}
