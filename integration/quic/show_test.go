package quic

import (
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestShowQUIC looks at the connections of a download, on both sides, which a reload
// leaves there.
func TestShowQUIC(t *testing.T) {
	inner := front(t, `"`+plain(t)+`"`, "")
	server := `{ address = "quic@127.0.0.1:` + inner.port + `", tls = { verify = "none" }, check = false }`
	f := front(t, server, "")
	ask := func(command string) string {
		t.Helper()
		out, err := admin.Ask(f.proc.Socket(), command, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	s := dialRaw(t, f.port, nil).ask(head("GET", "/pieces"))
	s.Close()
	if _, err := s.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	at := `127.0.0.1:` + f.port
	for command, want := range map[string]string{
		"show quic":         `(?s)^# conn/frontend .*\n0x1/web +ESTAB +- +- +\d+ +127.0.0.1:\d+ +` + at + ` +[0-9a-f]+$`,
		"show quic be":      `(?s)^# conn/frontend .*\n0x2/app/s1 +ESTAB .* 127.0.0.1:` + inner.port + ` `,
		"show quic full":    `(?s)^\* 0x1\[web\]: .*cwnd=[1-9].*stream id=0$`,
		"show quic sock be": `^\* 0x2\[app/s1\]: .*\n  local_addr=\S+:\d+ foreign_addr=127.0.0.1:` + inner.port + `$`,
		"user; show quic":   `^` + admin.Denied + `$`,
		"help":              `(?m)^  show quic  `,
	} {
		if out := strings.TrimSpace(ask(command)); !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s:\n%s\nwant %s", command, out, want)
		}
	}
	reload(t, f.proc, f.config(server, ""))
	lab.Until(t, 10*time.Second, "the connection is told to take no more", func() bool {
		return strings.Contains(ask("show quic mux 0x1"), "mux: sc=1 goaway=true")
	})
	s.CancelRead(0x10c)
	_, _ = io.ReadAll(s) // it is reset
	lab.Until(t, 10*time.Second, "no connection of the client's is left", func() bool {
		return !strings.Contains(ask("show quic"), "ESTAB")
	})
}
