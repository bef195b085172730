package udp

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// echo runs a server that sends back what it gets, with its name and a colon
// before it, and gives its address.
func echo(t *testing.T, name string) string {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 65535)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if _, err := c.WriteToUDPAddrPort(append([]byte(name+":"), b[:n]...), from); err != nil {
				return
			}
		}
	}()
	return c.LocalAddr().String()
}

// dial opens a client's socket to a port of the loopback.
func dial(t *testing.T, port string) net.Conn {
	t.Helper()
	c, err := net.Dial("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ask sends a datagram until it comes back, with what the server put before it:
// on a machine under load one may be lost, or late.
func ask(c net.Conn, text string) (string, error) {
	b := make([]byte, 65535)
	var err error
	for range 5 {
		if _, err = c.Write([]byte(text)); err != nil {
			continue
		}
		if err = c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return "", err
		}
		for n := 0; err == nil; {
			if n, err = c.Read(b); err == nil && strings.HasSuffix(string(b[:n]), ":"+text) {
				return string(b[:n]), nil
			}
		}
	}
	return "", err
}

func frontend(front, more string, servers ...string) string {
	return fmt.Sprintf("[frontend.in]\nbind = \"udp@:%s\"\n%s\ndefault-backend = \"out\"\n[backend.out]\nservers = [\"udp@%s\"]\n",
		front, more, strings.Join(servers, "\", \"udp@"))
}

// Many clients at a time each have their own answers.
func TestManyClients(t *testing.T) {
	front := port(t)
	fairlead(t, "5s", frontend(front, "", echo(t, "e"), echo(t, "e"), echo(t, "e")))
	var wg sync.WaitGroup
	for i := range 300 {
		c := dial(t, front)
		wg.Go(func() {
			for j := range 20 {
				text := fmt.Sprint(i, " ", j)
				if got, err := ask(c, text); err != nil || got != "e:"+text {
					t.Errorf("asked %q, got %q, %v", text, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// A session stays with its server over a reload that takes the server out; new
// ones go where the new configuration says.
func TestReloadKeepsSessions(t *testing.T) {
	front := port(t)
	p := fairlead(t, "20s", frontend(front, "", echo(t, "old")))
	c := dial(t, front)
	if got, err := ask(c, "1"); got != "old:1" {
		t.Fatalf("got %q, %v", got, err)
	}
	config, err := os.ReadFile(p.Config())
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(config), "[frontend.in]")
	lab.Write(t, p.Config(), head+frontend(front, "", echo(t, "new")))
	p.Signal(t, syscall.SIGHUP)
	lab.Until(t, 10*time.Second, "new sessions go to the new server", func() bool {
		got, _ := ask(dial(t, front), "2")
		return got == "new:2"
	})
	for i := range 20 {
		if got, err := ask(c, strconv.Itoa(i)); got != "old:"+strconv.Itoa(i) {
			t.Errorf("got %q, %v", got, err)
		}
	}
}

// Sessions count towards maxconn, and more clients are served once some have ended.
func TestMaxconn(t *testing.T) {
	front := port(t)
	p := fairlead(t, "3s", frontend(front, "maxconn = 2", echo(t, "e")))
	one, two, three := dial(t, front), dial(t, front), dial(t, front)
	for _, c := range []net.Conn{one, two} {
		if got, err := ask(c, "x"); got != "e:x" {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if _, err := three.Write([]byte("y")); err != nil {
		t.Fatal(err)
	}
	if err := three.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := three.Read(make([]byte, 10)); err == nil {
		t.Errorf("a third client gets %d bytes with maxconn 2", n)
	}
	if got, err := ask(three, "y"); got != "e:y" {
		t.Errorf("the third client gets %q, %v", got, err)
	}
	lab.Until(t, 10*time.Second, "sessions are logged", func() bool { return strings.Count(p.Output(), "in out/s1 ") >= 2 })
}

// Rules see the first datagram, and only that.
func TestContentRules(t *testing.T) {
	front := port(t)
	fairlead(t, "5s", frontend(front, `
tcp-request.inspect-delay = "5s"
tcp-request.content = [
  { do = "accept", if = "{ req.payload(0,2) -m str ok }" },
  { do = "reject" },
]`, echo(t, "e")))
	good, bad := dial(t, front), dial(t, front)
	for _, text := range []string{"ok", "ok then", "anything"} {
		if got, err := ask(good, text); got != "e:"+text {
			t.Errorf("asked %q, got %q, %v", text, got, err)
		}
	}
	if _, err := bad.Write([]byte("no")); err != nil {
		t.Fatal(err)
	}
	if err := bad.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := bad.Read(make([]byte, 10)); err == nil {
		t.Errorf("a datagram that is rejected is answered with %d bytes", n)
	}
}

// A server that is not there ends its session, so that the next datagram may go
// to another; and a restart takes the port again at once.
func TestDeadServerAndRestart(t *testing.T) {
	front := port(t)
	servers := []string{"127.0.0.1:" + port(t), echo(t, "e")}
	for range 2 {
		p := fairlead(t, "5s", frontend(front, "", servers...))
		c := dial(t, front)
		lab.Until(t, 10*time.Second, "the other server answers", func() bool {
			if err := c.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 10)
			_, werr := c.Write([]byte("x"))
			n, rerr := c.Read(b)
			return werr == nil && rerr == nil && string(b[:n]) == "e:x"
		})
		p.Signal(t, syscall.SIGTERM)
		p.Wait(t, 20*time.Second)
	}
}
