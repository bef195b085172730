// Package checktest tests health checks against servers that a test makes.
//
//	r := checktest.Run(t, "acme.ping", ``, func(c net.Conn) { io.WriteString(c, "PONG\n") })
//	checktest.Laws(t, "acme.ping", ``, func(c net.Conn) { io.WriteString(c, "PONG\n") })
//
// It is for tests alone.
package checktest

import (
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// Timeout is that of the checks that Run makes.
const Timeout = time.Second

// Server handles a connection of a check; it closes when the function returns.
type Server func(net.Conn)

// Silent is the server that takes connections and says nothing.
func Silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until the check gives up

// Closing is the server that closes connections at once.
func Closing(c net.Conn) { c.Close() }

// Babbling is the server that sends garbage without an end.
func Babbling(c net.Conn) {
	garbage := slices.Repeat([]byte{0xff, 'x', 0}, 1000)
	for {
		if _, err := c.Write(garbage); err != nil {
			return
		}
	}
}

// Run starts a check of the TOML of its table and runs it once against a server.
func Run(t *testing.T, name, config string, server Server) health.Result {
	t.Helper()
	return moduletest.Start(t, health.Kind, name, config).Run(Target(t, server, Timeout))
}

// Target listens for a server on the loopback until the test ends.
func Target(t *testing.T, server Server, timeout time.Duration) *health.Target {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var conns []net.Conn // of the goroutine below, until it has ended
	accepting := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-accepting
		for _, c := range conns {
			c.Close() // where the check forgot to
		}
		wg.Wait()
	})
	go func() {
		defer close(accepting)
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test has ended
			}
			conns = append(conns, c)
			wg.Go(func() {
				defer c.Close()
				server(c)
			})
		}
	}()
	return target(l.Addr().String(), timeout)
}

func target(addr string, timeout time.Duration) *health.Target {
	return &health.Target{
		Dial: func(timeout time.Duration) (*relay.Conn, error) {
			c, err := net.DialTimeout("tcp", addr, timeout)
			if err != nil {
				return nil, err
			}
			return relay.WrapConn(c), nil
		},
		Address: addr, ConnectTimeout: timeout, Timeout: timeout,
	}
}

// codes are those that a check may give.
var codes = []string{"L4OK", "L4TOUT", "L4CON", "L6OK", "L6TOUT", "L6RSP", "L7OK", "L7OKC", "L7TOUT", "L7RSP", "L7STS", "PROCERR", "PROCTOUT", "PROCOK"}

// Laws checks what every check must do, with a configuration and a server that
// is well by it: it finds that one well, also for many servers at a time; it
// finds a server down that refuses connections, with a code that HAProxy's
// readers know; it ends within the timeouts whatever a server does; and it
// leaves no connection behind.
func Laws(t *testing.T, name, config string, well Server) {
	t.Helper()
	moduletest.NoLeaks(t)
	check := moduletest.Start(t, health.Kind, name, config)
	t.Run("well", func(t *testing.T) {
		at := Target(t, well, 10*time.Second)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if r := check.Run(at); !r.OK || !slices.Contains(codes, r.Code) {
					t.Errorf("the server is well, and the result is %+v; want OK and a code such as L7OK", r)
				}
			})
		}
		wg.Wait()
	})
	t.Run("refused", func(t *testing.T) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		l.Close()
		if r := check.Run(target(addr, time.Second)); r.OK || r.Code != "L4CON" {
			t.Errorf("nothing listens, and the result is %+v; give what Target.Connect gives", r)
		}
	})
	for what, server := range map[string]Server{"silent": Silent, "closing": Closing, "babbling": Babbling} {
		if !t.Run(what, func(t *testing.T) { ends(t, check, server) }) {
			break // the others would wait as long
		}
	}
	t.Run("unreachable", func(t *testing.T) {
		wrong := errors.New("no route")
		r := check.Run(&health.Target{Dial: func(time.Duration) (*relay.Conn, error) { return nil, wrong }, ConnectTimeout: time.Second, Timeout: time.Second})
		if r.OK || r.Code != "L4CON" || r.Desc == "" {
			t.Errorf("dialling fails, and the result is %+v; give what Target.Connect gives", r)
		}
	})
}

// ends checks that a check ends soon after its timeout, and closes its connection.
func ends(t *testing.T, check health.Check, server Server) {
	t.Helper()
	const timeout, late = 200 * time.Millisecond, 10 * time.Second
	closed := make(chan struct{}, 16)
	at := Target(t, func(c net.Conn) {
		server(c)
		_, _ = io.Copy(io.Discard, c) // until the check closes it
		closed <- struct{}{}
	}, timeout)
	begin := time.Now()
	r := check.Run(at)
	if took := time.Since(begin); took > late {
		t.Errorf("it takes %v, with a timeout of %v: read and write by the Probe of Target.Connect, which keeps to it", took, timeout)
	}
	if !slices.Contains(codes, r.Code) {
		t.Errorf("%q is no code of HAProxy's: write one such as L7RSP", r.Code)
	}
	select {
	case <-closed:
	case <-time.After(late):
		t.Error("it does not close its connection: do so however the check ends")
	}
}
