package health

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/relay"
)

// reader is a check that waits for a byte.
type reader struct{ began chan struct{} }

func (r reader) Run(t *Target) Result {
	p, failed := t.Connect()
	if p == nil {
		return failed
	}
	defer p.Close()
	close(r.began)
	if _, err := io.ReadFull(p, make([]byte, 1)); err != nil {
		return Failed(err)
	}
	return Result{OK: true}
}

// The end of the context interrupts a check, however long its timeout.
func TestInterrupted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	target := Target{ConnectTimeout: time.Minute, Timeout: time.Hour, Dial: func(time.Duration) (*relay.Conn, error) {
		c, err := net.Dial("tcp", l.Addr().String()) // which nobody accepts, but the kernel does
		if err != nil {
			return nil, err
		}
		return relay.WrapConn(c), nil
	}}
	check, subject := reader{make(chan struct{})}, &states{}
	k := New(check, target, Config{Rise: 1, Fall: 1}, subject)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		k.Run(ctx)
		close(done)
	}()
	<-check.began
	cancel()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatal("the check goes on")
	}
	if log := subject.log.String(); log != "" || !k.Status().Up {
		t.Errorf("the interrupted check counted: %s", log)
	}
}

func TestConnectFailures(t *testing.T) {
	for _, c := range []struct {
		err        error
		code, desc string
	}{
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "L4CON", "connection refused"},
		{&net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ENETUNREACH)}, "L4CON", "network is unreachable"},
		{os.ErrDeadlineExceeded, "L4TOUT", "timeout"},
		{os.NewSyscallError("connect", syscall.ETIMEDOUT), "L4TOUT", "timeout"},
		{errors.New("no source port is free"), "L4CON", "no source port is free"},
	} {
		target := Target{Dial: func(time.Duration) (*relay.Conn, error) { return nil, c.err }}
		p, r := target.Connect()
		if p != nil || r.OK || r.Code != c.code || r.Desc != c.desc {
			t.Errorf("%v: got %+v", c.err, r)
		}
	}
}
