package mptcp

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Counters are the kernel's numbers of MPTCP, of all programs in the network
// namespace of the caller's thread, since it began. Those that a kernel does not
// count are 0.
type Counters struct {
	// Established is how many connections there are now, those fallen back to
	// plain TCP included (since Linux 6.4).
	Established uint64 `json:"established"`
	// Accepted and Opened count connections with MPTCP, FallenBack those that
	// became plain TCP as the peer does not speak MPTCP, or something on the way
	// removes it.
	Accepted   uint64 `json:"accepted"`
	Opened     uint64 `json:"opened"`
	FallenBack uint64 `json:"fallen_back"`
	// PathsAccepted and PathsOpened count paths besides the first, PathsRefused
	// those that peers tried to open, or that peers answered, and were refused.
	PathsAccepted uint64 `json:"paths_accepted"`
	PathsOpened   uint64 `json:"paths_opened"`
	PathsRefused  uint64 `json:"paths_refused"`
	// Announced and Learned count addresses told to peers and told by peers.
	Announced uint64 `json:"addresses_announced"`
	Learned   uint64 `json:"addresses_learned"`
	// Retransmits counts segments sent again on another path.
	Retransmits uint64 `json:"retransmits"`
}

// netstat is of the caller's thread, whose namespace may be one of its own.
const netstat = "/proc/thread-self/net/netstat"

// ReadCounters reads the kernel's numbers.
func ReadCounters() (Counters, error) {
	text, err := os.ReadFile(netstat)
	if err != nil {
		return Counters{}, fmt.Errorf("mptcp counters: %w", err)
	}
	return parseCounters(string(text))
}

func parseCounters(text string) (Counters, error) {
	values, err := extension(text, "MPTcpExt:")
	if err != nil {
		return Counters{}, fmt.Errorf("mptcp counters: %s: %w", netstat, err)
	}
	sum := func(names ...string) (n uint64) {
		for _, name := range names {
			n += values[name]
		}
		return n
	}
	return Counters{
		Established:   sum("MPCurrEstab"),
		Accepted:      sum("MPCapableACKRX"),
		Opened:        sum("MPCapableSYNACKRX"),
		FallenBack:    sum("MPCapableFallbackACK", "MPCapableFallbackSYNACK", "MPCapableDataFallback", "DssFallback", "MD5SigFallback", "SimultConnectFallback"),
		PathsAccepted: sum("MPJoinAckRx"),
		PathsOpened:   sum("MPJoinSynAckRx"),
		PathsRefused:  sum("MPJoinNoTokenFound", "MPJoinSynAckHMacFailure", "MPJoinAckHMacFailure", "MPJoinRejected"),
		Announced:     sum("AddAddrTx"),
		Learned:       sum("AddAddr"),
		Retransmits:   sum("MPTCPRetrans"),
	}, nil
}

// extension reads the two lines of a group: names, then values. A group that is
// not there has none.
func extension(text, group string) (map[string]uint64, error) {
	var names []string
	for line := range strings.SplitSeq(text, "\n") {
		rest, ok := strings.CutPrefix(line, group)
		if !ok {
			continue
		}
		if names == nil {
			names = strings.Fields(rest)
			continue
		}
		fields := strings.Fields(rest)
		if len(fields) != len(names) {
			return nil, fmt.Errorf("%d names and %d values of %s", len(names), len(fields), group)
		}
		values := make(map[string]uint64, len(names))
		for i, f := range fields {
			v, err := strconv.ParseUint(f, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", names[i], group, err)
			}
			values[names[i]] = v
		}
		return values, nil
	}
	if names != nil {
		return nil, fmt.Errorf("names and no values of %s", group)
	}
	return nil, nil
}
