package standard

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// networks are prefixes by their length, so that a match costs one look-up for
// each length in use, however many networks there are.
type networks struct {
	lengths []int // for IPv4 as for the mapped address: 96 more
	set     map[netip.Prefix]struct{}
}

func compileIP(patterns []string, _ bool) (expr.PatternSet, error) {
	n := &networks{set: map[netip.Prefix]struct{}{}}
	seen := map[int]bool{}
	for _, text := range patterns {
		p, err := parseNetwork(text)
		if err != nil {
			return nil, err
		}
		n.set[p] = struct{}{}
		bits := p.Bits()
		if p.Addr().Is6() {
			bits += 1000
		}
		if !seen[bits] {
			seen[bits] = true
			n.lengths = append(n.lengths, bits)
		}
	}
	return n, nil
}

// parseNetwork reads an address, with a prefix length or a dotted mask.
func parseNetwork(text string) (netip.Prefix, error) {
	addr, mask, ok := strings.Cut(text, "/")
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("pattern %q is not an address or a network such as 10.0.0.0/8", text)
	}
	a = a.Unmap()
	bits := a.BitLen()
	if ok {
		if bits, err = maskBits(mask, a.BitLen()); err != nil {
			return netip.Prefix{}, fmt.Errorf("pattern %q: %w", text, err)
		}
	}
	return a.Prefix(bits)
}

func maskBits(mask string, most int) (int, error) {
	if m, err := netip.ParseAddr(mask); err == nil && m.Is4() && most == 32 {
		b := m.As4()
		v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
		for n := 0; n <= 32; n++ {
			if v == ^uint32(0)<<(32-n) {
				return n, nil
			}
		}
		return 0, fmt.Errorf("the mask %q has holes", mask)
	}
	n := 0
	for _, c := range mask {
		if c < '0' || c > '9' || n > most {
			return 0, fmt.Errorf("%q is not a prefix length", mask)
		}
		n = n*10 + int(c-'0')
	}
	if mask == "" || n > most {
		return 0, fmt.Errorf("%q is not a prefix length of up to %d", mask, most)
	}
	return n, nil
}

func (n *networks) Match(_ *expr.Env, s *expr.Sample) bool {
	for _, bits := range n.lengths {
		if (bits >= 1000) != s.Addr.Is6() {
			continue
		}
		p, err := s.Addr.Prefix(bits % 1000)
		if err != nil {
			continue
		}
		if _, ok := n.set[p]; ok {
			return true
		}
	}
	return false
}
