package maps

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// index finds the line that a value matches.
type index interface {
	// find gives the number of the entry, -1 when none matches. It does not allocate.
	find(e *expr.Env, s *expr.Sample) int
}

func newIndex(sc *expr.Scope, method string, lines []line) (index, error) {
	switch method {
	case "str":
		x := exact{}
		for i := range lines {
			if _, ok := x[lines[i].key]; !ok {
				x[lines[i].key] = i
			}
		}
		return x, nil
	case "beg":
		return newPrefixes(lines), nil
	case "ip":
		return newNetworks(lines)
	}
	return newSequence(sc, method, lines)
}

// convert reads a value of the file or a default.
func convert(text string, out output) (expr.Sample, error) {
	var s expr.Sample
	switch out {
	case asInt:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return s, fmt.Errorf("value %q is not an integer", text)
		}
		s.SetInt(n)
	case asIP:
		a, err := netip.ParseAddr(text)
		if err != nil {
			return s, fmt.Errorf("value %q is not an address", text)
		}
		s.SetIP(a)
	default:
		s.SetStr([]byte(text))
	}
	return s, nil
}

// exact finds whole strings.
type exact map[string]int

func (x exact) find(_ *expr.Env, s *expr.Sample) int {
	if i, ok := x[string(s.Bytes)]; ok {
		return i
	}
	return -1
}

// prefixes finds the longest key that a string begins with, with one look-up for
// each length that there is among the keys.
type prefixes struct {
	lengths []int // from the longest
	keys    exact
}

func newPrefixes(lines []line) *prefixes {
	x := &prefixes{keys: exact{}}
	for i := range lines {
		key := lines[i].key
		if _, ok := x.keys[key]; ok {
			continue
		}
		x.keys[key] = i
		if !slices.Contains(x.lengths, len(key)) {
			x.lengths = append(x.lengths, len(key))
		}
	}
	slices.SortFunc(x.lengths, func(a, b int) int { return cmp.Compare(b, a) })
	return x
}

func (x *prefixes) find(_ *expr.Env, s *expr.Sample) int {
	for _, n := range x.lengths {
		if n > len(s.Bytes) {
			continue
		}
		if i, ok := x.keys[string(s.Bytes[:n])]; ok {
			return i
		}
	}
	return -1
}

// networks finds the smallest network that an address is in, with one look-up
// for each prefix length that there is.
type networks struct {
	four, six []int // prefix lengths, from the longest
	set       map[netip.Prefix]int
}

func newNetworks(lines []line) (*networks, error) {
	x := &networks{set: map[netip.Prefix]int{}}
	for i := range lines {
		p, err := network(lines[i].key)
		if err != nil {
			return nil, lines[i].wrap(err)
		}
		if _, ok := x.set[p]; ok {
			continue
		}
		x.set[p] = i
		list := &x.six
		if p.Addr().Is4() {
			list = &x.four
		}
		if !slices.Contains(*list, p.Bits()) {
			*list = append(*list, p.Bits())
		}
	}
	for _, list := range [][]int{x.four, x.six} {
		slices.SortFunc(list, func(a, b int) int { return cmp.Compare(b, a) })
	}
	return x, nil
}

func network(key string) (netip.Prefix, error) {
	text, length, ok := strings.Cut(key, "/")
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("key %q is not an address or a network such as 10.0.0.0/8", key)
	}
	a = a.Unmap()
	bits := a.BitLen()
	if ok {
		bits, err = strconv.Atoi(length)
	}
	p, rangeErr := a.Prefix(bits)
	if err != nil || rangeErr != nil {
		return p, fmt.Errorf("key %q has a prefix length that is not 0 to %d", key, a.BitLen())
	}
	return p, nil
}

func (x *networks) find(_ *expr.Env, s *expr.Sample) int {
	list := x.six
	if s.Addr.Is4() {
		list = x.four
	}
	for _, bits := range list {
		if p, err := s.Addr.Prefix(bits); err == nil {
			if i, ok := x.set[p]; ok {
				return i
			}
		}
	}
	return -1
}

// sequence tries each key in turn.
type sequence []expr.PatternSet

func newSequence(sc *expr.Scope, method string, lines []line) (sequence, error) {
	m, err := expr.MatcherKind.Record(sc.Registry, method)
	if err != nil {
		return nil, err
	}
	x := make(sequence, len(lines))
	for i := range lines {
		if x[i], err = m.Compile([]string{lines[i].key}, false); err != nil {
			return nil, lines[i].wrap(err)
		}
	}
	return x, nil
}

func (x sequence) find(e *expr.Env, s *expr.Sample) int {
	for i, p := range x {
		if p.Match(e, s) {
			return i
		}
	}
	return -1
}
