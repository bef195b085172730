package tcp

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/checktest"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, health.Kind, "tcp", ``, `send = "PING"`+"\n"+`expect-binary = "2b504f4e47"`, `steps = [{ send = "a" }, { expect = "b" }]`)
}

// target is a server that handles each connection as the test says.
func target(t *testing.T, handle checktest.Server) *health.Target {
	at := checktest.Target(t, handle, 200*time.Millisecond)
	at.Address, at.ConnectTimeout = "app:80", 10*time.Second
	return at
}

// redis answers line by line, a byte at a time.
func redis(c net.Conn) {
	for r := bufio.NewReader(c); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return // the check is over
		}
		answer := map[string]string{"PING": "+PONG\r\n", "info": "$9\r\nrole:slave\r\n", "QUIT": "+OK\r\n"}[strings.TrimSpace(line)]
		for i := range len(answer) {
			if _, err := c.Write([]byte{answer[i]}); err != nil {
				return
			}
		}
	}
}

// reset answers the first byte with a reset.
func reset(c net.Conn) {
	if _, err := io.ReadFull(c, make([]byte, 1)); err == nil {
		c.(*net.TCPConn).SetLinger(0)
	}
}

func TestRun(t *testing.T) {
	ping := Step{Send: "PING\r\n", Expect: "+PONG"}
	for _, c := range []struct {
		name   string
		config Config
		handle func(net.Conn)
		ok     bool
		code   string
		desc   string // a part
	}{
		{"connects", Config{}, checktest.Silent, true, "L4OK", ""},
		{"sends only", Config{Step: Step{Send: "x"}}, checktest.Silent, true, "L4OK", ""},
		{"answers", Config{Step: ping}, redis, true, "L7OK", ""},
		{"binary", Config{Step: Step{SendBinary: "50494e470d0a", ExpectBinary: "2b504f4e47"}}, redis, true, "L7OK", ""},
		{"steps", Config{Steps: []Step{ping, {Send: "QUIT\r\n", Expect: "+OK"}}}, redis, true, "L7OK", ""},
		{"steps in one packet", Config{Steps: []Step{{Expect: "one"}, {Expect: "two"}}}, func(c net.Conn) { io.WriteString(c, "onetwo") }, true, "L7OK", ""},
		{"an answer counts once", Config{Steps: []Step{{Expect: "one"}, {Expect: "one"}}}, func(c net.Conn) { io.WriteString(c, "one"); checktest.Silent(c) }, false, "L7TOUT", "step 2"},
		{"a wrong answer", Config{Steps: []Step{ping, {Send: "info\r\n", Expect: "role:master"}}}, redis, false, "L7TOUT", "timeout at step 2"},
		{"a wrong answer and the end", Config{Step: Step{Expect: "220 "}}, func(c net.Conn) { io.WriteString(c, "554 no\r\n") }, false, "L7RSP", `"220 " is not in the answer`},
		{"silence", Config{Step: ping}, checktest.Silent, false, "L7TOUT", "timeout"},
		{"the end at once", Config{Step: Step{Expect: "x"}}, func(net.Conn) {}, false, "L7RSP", "closed the connection"},
		{"a reset", Config{Step: Step{Send: "x", Expect: "x"}}, reset, false, "L7RSP", "connection reset"},
		{"no end of bytes", Config{Step: Step{Expect: "x"}}, func(c net.Conn) {
			for _, err := c.Write(make([]byte, 1<<10)); err == nil; _, err = c.Write(make([]byte, 1<<10)) {
			}
		}, false, "L7RSP", "not in the answer"},
	} {
		check, err := New(nil, c.config)
		if err != nil {
			t.Fatal(c.name, err)
		}
		at := target(t, c.handle)
		if c.code != "L7TOUT" { // nothing else needs that timeout, and a busy machine may be slow
			at.Timeout = 30 * time.Second
		}
		begin := time.Now()
		r := check.Run(at)
		if r.OK != c.ok || r.Code != c.code || !strings.Contains(r.Desc, c.desc) {
			t.Errorf("%s: got %+v", c.name, r)
		}
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%s: took %v, with a timeout of %v", c.name, took, at.Timeout)
		}
	}
}

func TestWrongConfig(t *testing.T) {
	for want, c := range map[string]Config{
		`send: write send or send-binary, not both`:                                    {Step: Step{Send: "a", SendBinary: "61"}},
		`expect-binary: "xy" is not bytes in hexadecimal such as "0d0a"`:               {Step: Step{ExpectBinary: "xy"}},
		`steps[1].send-binary: "6" is not bytes in hexadecimal such as "0d0a"`:         {Steps: []Step{{}, {SendBinary: "6"}}},
		`steps: write what is sent and expected in the steps or beside them, not both`: {Step: Step{Send: "a"}, Steps: []Step{{}}},
	} {
		if _, err := New(nil, c); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
