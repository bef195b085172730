package address

import "fmt"

// Error says what is wrong with an address. Every error of this package is one.
type Error struct {
	Input  string // the whole string that was parsed, lists included
	Offset int    // where in Input the fault begins, in bytes from 0; len(Input) when something is missing at its end
	Text   string // what is wrong and what to write instead
}

// Error gives the input, the offset and the text.
func (e *Error) Error() string {
	return fmt.Sprintf("address %q at offset %d: %s", e.Input, e.Offset, e.Text)
}

// prefixNames are the prefixes that the errors suggest, without the "@". Their
// meanings stand in prefixOf.
var prefixNames = []string{
	"tcp", "tcp4", "tcp6", "ip", "ipv4", "ipv6", "mptcp", "mptcp4", "mptcp6",
	"unix", "uxst", "uxdg", "abns", "abnsz", "quic", "quic4", "quic6",
	"udp", "udp4", "udp6", "fd", "sockpair",
}

// nearest gives the candidate that is one typing error away from word, or two
// when word is long enough for that to mean something; "" when there is none.
func nearest(word string, candidates []string) string {
	if len(word) > 16 {
		return ""
	}
	limit := 1
	if len(word) >= 5 {
		limit = 2
	}
	best := ""
	for _, c := range candidates {
		if d := distance(word, c); d <= limit {
			best, limit = c, d-1
		}
	}
	return best
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours (of ASCII letters in either case) that lead from a to b.
func distance(a, b string) int {
	before := make([]int, len(b)+1)
	last := make([]int, len(b)+1)
	row := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if lower(a[i-1]) == lower(b[j-1]) {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && lower(a[i-1]) == lower(b[j-2]) && lower(a[i-2]) == lower(b[j-1]) {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
