package quic

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
)

// Commands gives "show quic" (HAProxy management manual section 9.3). What quic-go
// does not tell is left out, or "-" in a line's column.
func (p *Protocol) Commands() []admin.Command {
	return []admin.Command{{
		Name: "show quic", Doc: "[FORMAT] [FILTER] the QUIC connections; \"show quic help\" says more", Level: admin.Operator,
		Run: func(args []string) (string, error) {
			form, wanted, err := parseShow(args)
			switch {
			case err != nil:
				return "", err
			case form == formHelp:
				return showHelp, nil
			}
			return form.write(p.conns.list(wanted)), nil
		},
	}}
}

const showHelp = `show quic [FORMAT] [FILTER]
  FORMAT  oneline  a line for each connection, the default
          stream   the requests in progress
          full     all that is known
          or some of these, with commas between them:
          tp       our transport parameters
          sock     addresses
          pktns    packets and bytes
          cc       round trips, congestion window, losses
          mux      what the connection carries
  FILTER  clo      connections of clients that have just ended
          be       connections to servers
          all      these, and the clients' that are usual
          0xID     one connection
`

// form is how connections are shown: as lines, or with parts of what is known.
type form uint

const (
	formParameters form = 1 << iota
	formSocket
	formPackets
	formCongestion
	formMux
	formStreams
	formHelp

	formLine form = 0
	formFull      = formParameters | formSocket | formPackets | formCongestion | formMux | formStreams
)

var forms = map[string]form{"oneline": formLine, "full": formFull, "stream": formStreams, "help": formHelp}

var parts = map[string]form{"tp": formParameters, "sock": formSocket, "pktns": formPackets, "cc": formCongestion, "mux": formMux}

// parseShow takes the arguments of "show quic".
func parseShow(args []string) (f form, wanted func(*known) bool, err error) {
	rest := args
	if len(rest) > 0 {
		var ok bool
		if f, ok = parseForm(rest[0]); ok {
			rest = rest[1:]
		}
	}
	filter := ""
	if len(rest) > 0 {
		filter, rest = rest[0], rest[1:]
	}
	wanted = filterOf(filter)
	if wanted == nil || len(rest) > 0 {
		return 0, nil, fmt.Errorf("'show quic' takes a format and a filter, not %q; \"show quic help\" lists them", strings.Join(args, " "))
	}
	return f, wanted, nil
}

func parseForm(word string) (f form, ok bool) {
	if f, ok = forms[word]; ok {
		return f, true
	}
	for part := range strings.SplitSeq(word, ",") {
		one, ok := parts[part]
		if !ok {
			return 0, false
		}
		f |= one
	}
	return f, true
}

// filterOf gives what a filter lets pass; nil for one that is none.
func filterOf(word string) func(*known) bool {
	switch word {
	case "":
		return func(k *known) bool { return !k.server && !k.closing }
	case "clo":
		return func(k *known) bool { return !k.server && k.closing }
	case "be":
		return func(k *known) bool { return k.server }
	case "all":
		return func(*known) bool { return true }
	}
	hex, ok := strings.CutPrefix(word, "0x")
	id, err := strconv.ParseUint(hex, 16, 64)
	if !ok || err != nil {
		return nil
	}
	return func(k *known) bool { return k.id == id }
}

const lineForm = "%-29s %-7s %9s %6s %6s %23s %23s      %s\n"

func (f form) write(list []known) string {
	var b strings.Builder
	if f == formLine {
		fmt.Fprintf(&b, lineForm, "# conn/frontend", "state", "in_flight", "infl_p", "lost_p", "from", "to", "original CID")
	}
	for i := range list {
		k := &list[i]
		if f == formLine {
			fmt.Fprintf(&b, lineForm, fmt.Sprintf("%#x/%s", k.id, k.owner), k.state, "-", "-", strconv.FormatUint(k.stats.PacketsLost, 10), k.remote, k.local, k.first)
			continue
		}
		f.describe(&b, k)
	}
	return b.String()
}

// describe writes the parts that are asked for.
func (f form) describe(b *strings.Builder, k *known) {
	s := &k.stats
	ms := func(d time.Duration) int64 { return d.Milliseconds() }
	fmt.Fprintf(b, "* %#x[%s]: st=%s odcid=%s age=%ds\n", k.id, k.owner, k.state, k.first, int(time.Since(k.began).Seconds()))
	if f&formParameters != 0 {
		c := k.limits
		fmt.Fprintf(b, "  loc. TPs: ver=%v midle_timeout=%dms md=%d msd=%d ms_bidi=%d ms_uni=%d\n", k.version, ms(c.MaxIdleTimeout),
			c.InitialConnectionReceiveWindow, c.InitialStreamReceiveWindow, c.MaxIncomingStreams, c.MaxIncomingUniStreams)
	}
	if f&formSocket != 0 {
		fmt.Fprintf(b, "  local_addr=%v foreign_addr=%v\n", k.local, k.remote)
	}
	if f&formPackets != 0 {
		fmt.Fprintf(b, "  rx.pkts=%d rx.bytes=%d tx.pkts=%d tx.bytes=%d\n", s.PacketsReceived, s.BytesReceived, s.PacketsSent, s.BytesSent)
	}
	if f&formCongestion != 0 {
		fmt.Fprintf(b, "  srtt=%d rttvar=%d rttmin=%d cwnd=%d sentpkts=%d lostpkts=%d lostbytes=%d\n",
			ms(s.SmoothedRTT), ms(s.MeanDeviation), ms(s.MinRTT), s.CongestionWindow, s.PacketsSent, s.PacketsLost, s.BytesLost)
	}
	if f&formMux != 0 && k.serving {
		fmt.Fprintf(b, "  mux: sc=%d goaway=%t glitches=%d\n", len(k.streams), k.goneAway, k.glitches)
	}
	if f&formStreams != 0 {
		for _, id := range k.streams {
			fmt.Fprintf(b, "    stream id=%d\n", id)
		}
	}
}
