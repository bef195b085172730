package quic

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// show gives the answer to "show quic" with arguments, for the connections of a
// listener.
func show(t *testing.T, l protocol.SessionListener, args string) string {
	t.Helper()
	c := (&Protocol{conns: l.(*listener).e.conns}).Commands()[0]
	if c.Name != "show quic" || c.Level != admin.Operator {
		t.Fatalf("the command is %+v", c)
	}
	out, err := c.Run(strings.Fields(args))
	if err != nil {
		out += err.Error()
	}
	return out
}

// TestShow follows a connection from its handshake to its end.
func TestShow(t *testing.T) {
	begin := make(chan struct{})
	l := listenWith(t, &protocol.SessionOptions{Name: "web", Begin: func(context.Context) error { <-begin; return nil }})
	if got, want := strings.Fields(show(t, l, "")), "# conn/frontend state in_flight infl_p lost_p from to original CID"; strings.Join(got, " ") != want {
		t.Errorf("without connections: %q, want %q", got, want)
	}
	shown := func(args, want string) func() bool {
		form := regexp.MustCompile(want)
		return func() bool { return form.MatchString(show(t, l, args)) }
	}
	go func() {
		until(t, "the handshake is shown", shown("", `(?m)^0x1/web +HDSHK +- +- +0 +127.0.0.1:\d+ +`+at(l)+` +[0-9a-f]{8,}$`))
		close(begin)
	}()
	q := dial(t, l)
	until(t, "the connection is shown", shown("oneline", `0x1/web +ESTAB`))
	s, err := q.OpenStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(get()); err != nil {
		t.Fatal(err)
	}
	until(t, "all of it is", shown("full 0x1", `^\* 0x1\[web\]: st=ESTAB odcid=[0-9a-f]+ age=\d+s
  loc. TPs: ver=v1 midle_timeout=30000ms md=786432 msd=524288 ms_bidi=100 ms_uni=100
  local_addr=`+at(l)+` foreign_addr=127.0.0.1:\d+
  rx.pkts=[1-9]\d* rx.bytes=[1-9]\d* tx.pkts=[1-9]\d* tx.bytes=[1-9]\d*
  srtt=\d+ rttvar=\d+ rttmin=\d+ cwnd=[1-9]\d* sentpkts=[1-9]\d* lostpkts=\d+ lostbytes=\d+
  mux: sc=1 goaway=false glitches=0
    stream id=0
$`))
	for args, want := range map[string]string{
		"stream":      `^\* .*\n    stream id=0\n$`,
		"sock,cc all": `^\* .*\n  local_addr.*\n  srtt=.*\n$`,
		"be":          `CID\n$`,
		"clo":         `CID\n$`,
		"0x2":         `CID\n$`,
		"help":        `^show quic \[FORMAT\] \[FILTER\]\n`,
		"sock,clo":    `^'show quic' takes a format and a filter, not "sock,clo"; `,
		"full all x":  `^'show quic' takes`,
		"0xyz":        `^'show quic' takes`,
	} {
		if !shown(args, want)() {
			t.Errorf("%q: %s", args, show(t, l, args))
		}
	}
	_ = q.CloseWithError(0, "") // it ends
	until(t, "it is gone", shown("all", `CID\n$`))
}
