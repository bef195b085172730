package balance

import (
	"fmt"
	"testing"
)

func TestProbe(t *testing.T) {
	list := []*setting{}
	for _, ht := range []string{"", "map-based sdbm", "map-based djb2", "map-based djb2 avalanche", "map-based wt6", "map-based sdbm avalanche", "consistent sdbm", "consistent djb2", "consistent djb2 avalanche"} {
		s := &setting{name: ht, toml: `balance = "source"`, haproxy: "balance source", weights: []int{1, 1, 1}, keys: bySource}
		if ht != "" {
			s.haproxy += "\nhash-type " + ht
		}
		list = append(list, s)
	}
	pair(t, list)
	for _, s := range list {
		a := newAsker(t)
		got := ""
		for n := range 60 {
			got += a.ask(t, s.haproxyPort, s.keys(n))[1:]
		}
		fmt.Printf("%-30s %s\n", s.name, got)
		got = ""
		for n := range 60 {
			got += a.ask(t, s.haproxyPort, s.keys(n))[1:]
		}
		fmt.Printf("%-30s %s\n", s.name, got)
		got = ""
		for n := range 60 {
			h := 0x7f000000 + n<<8 + (n*7 + 1)
			got += fmt.Sprint(h%3+1)
		}
		fmt.Printf("%-30s %s\n", s.name, got)
	}
}
