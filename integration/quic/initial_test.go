package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/quic-go/qlog"
	"github.com/quic-go/quic-go/qlogwriter"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// plain is an origin that speaks HTTP/1.
func plain(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(lab.Origin))
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// listening is Fairlead with a frontend, and more keys of [global].
func listening(t *testing.T, global, frontend string) (*lab.Process, string) {
	t.Helper()
	port := lab.Port(t)
	return lab.Fairlead(t, global+`
[[global.log]]
to = "stdout"
[defaults]
mode = "http"
log = "global"
timeout = { connect = "20s", client = "30s", server = "30s" }
[frontend.web]
default-backend = "app"
`+strings.NewReplacer("PORT", port, "CERT", lab.Certificate(t)).Replace(frontend)+`
[backend.app]
servers = ["`+plain(t)+`"]
`), port
}

// seen notes the Retry packets that a client gets.
type seen struct{ retries int }

func (s *seen) trace(context.Context, bool, quic.ConnectionID) qlogwriter.Trace { return s }

func (s *seen) AddProducer() qlogwriter.Recorder { return s }
func (s *seen) Close() error                     { return nil }

func (s *seen) RecordEvent(ev qlogwriter.Event) {
	if p, ok := ev.(qlog.PacketReceived); ok && p.Header.PacketType == qlog.PacketTypeRetry {
		s.retries++
	}
}

// noAnswer is how long a client waits that is to get none.
const noAnswer = 2 * time.Second

// connect dials from an address for so long and gives the connection's end, or nil,
// and how often the client had to prove its address.
func connect(t *testing.T, from, to string, patience time.Duration) (retries int, err error) {
	t.Helper()
	c, err := net.ListenPacket("udp", from)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	tr := &quic.Transport{Conn: c}
	defer tr.Close()
	a, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s := &seen{}
	q, err := tr.Dial(ctx, a, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}, &quic.Config{
		HandshakeIdleTimeout: time.Minute,
		Tracer:               s.trace,
	})
	if err == nil {
		q.CloseWithError(0, "")
	}
	return s.retries, err
}

// TestInitial has clients at several addresses meet the rules for packets that
// begin connections, at a socket of one address and at one of all.
func TestInitial(t *testing.T) {
	for _, at := range []string{"127.0.0.1:PORT", "*:PORT"} {
		t.Run(at, func(t *testing.T) {
			_, port := listening(t, "", `
bind = { address = "quic@`+at+`", tls = "CERT" }
acl.here = "dst 127.0.0.1 127.0.1.1"
quic-initial = [
  { do = "accept", if = "{ src 127.0.0.2 }" },
  { do = "reject", if = "{ src 127.0.0.3 }" },
  { do = "dgram-drop", if = "{ src 127.0.0.4 }" },
  { do = "send-retry", if = "{ src 127.0.0.5 } here" },
  { do = "dgram-drop", unless = "here" },
  { do = "reject", if = "{ src 127.0.0.2 }" },
]
`)
			var refused *quic.TransportError
			for from, want := range map[string]struct {
				what     string
				retries  int
				patience time.Duration
				is       func(error) bool
			}{
				"127.0.0.1": {"taken", 0, time.Minute, func(err error) bool { return err == nil }},
				"127.0.0.2": {"taken by the first rule", 0, time.Minute, func(err error) bool { return err == nil }},
				"127.0.0.3": {"refused", 0, time.Minute, func(err error) bool { return errors.As(err, &refused) && refused.ErrorCode == quic.ConnectionRefused }},
				"127.0.0.4": {"not answered", 0, noAnswer, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
				"127.0.0.5": {"taken after it proved its address", 1, time.Minute, func(err error) bool { return err == nil }},
			} {
				if n, err := connect(t, from+":0", "127.0.0.1:"+port, want.patience); !want.is(err) || n != want.retries {
					t.Errorf("the client at %s: %v, %d times asked for a proof, want it %s", from, err, n, want.what)
				}
			}
			if at[0] != '*' {
				return
			}
			if _, err := connect(t, "127.0.0.1:0", "127.0.1.1:"+port, time.Minute); err != nil {
				t.Errorf("at another address that the rules name: %v", err)
			}
			if _, err := connect(t, "127.0.0.1:0", "127.0.1.2:"+port, noAnswer); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("at an address that the rules do not name: %v, want no answer", err)
			}
		})
	}
}

// TestInitialIsChecked has rules that cannot be refused with their places.
func TestInitialIsChecked(t *testing.T) {
	for rule, want := range map[string]string{
		`{ do = "deny" }`: `the action "deny" cannot stand in quic-initial rules`,
		`{ do = "dgram-drop", if = "{ path /a }" }`:  "path",
		`{ do = "send-retry", if = "{ ssl_fc }" }`:   "ssl_fc",
		`{ do = "dgram-drop", if = "{ src 1.2.3 }"}`: "1.2.3",
	} {
		if out := invalid(t, `
[frontend.web]
mode = "http"
bind = { address = "quic@:4433", tls = "`+lab.Certificate(t)+`" }
quic-initial = [`+rule+`]
`); !strings.Contains(out, want) || !strings.Contains(out, "lb.toml:5:") {
			t.Errorf("%s:\n%swant %q and the place", rule, out, want)
		}
	}
	if out := invalid(t, "[backend.app]\nquic-initial = [\"accept\"]\n"); !strings.Contains(out, "lb.toml:2:") {
		t.Errorf("in a backend: %s", out)
	}
}

// invalid gives what fairlead says of a configuration that is wrong.
func invalid(t *testing.T, text string) string {
	t.Helper()
	file := t.TempDir() + "/lb.toml"
	lab.Write(t, file, text)
	out, errs, code := lab.Run(t, lab.Binary(t), "validate", "--config", file)
	if code != 2 {
		t.Errorf("validate exits with %d:\n%s%s", code, out, errs)
	}
	return out + errs
}

// TestForcedRetry has every client of a bind prove its address.
func TestForcedRetry(t *testing.T) {
	_, port := listening(t, "", `bind = { address = "quic@127.0.0.1:PORT", tls = "CERT", quic-force-retry = true }`)
	if n, err := connect(t, "127.0.0.1:0", "127.0.0.1:"+port, time.Minute); err != nil || n != 1 {
		t.Errorf("%v, %d times asked for a proof, want once", err, n)
	}
}
