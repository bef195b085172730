package syslog_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/loggertest"
	_ "github.com/fairleadproxy/fairlead/modules/logger/syslog"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, logs.Kind, "syslog", `address = "127.0.0.1:5514"`, "address = \"tcp@127.0.0.1:5514\"\nheader = \"rfc5424\"")
}

// server takes connections; each of its lines goes to got, and with nil it reads
// none. The function that it gives ends it.
func server(t *testing.T, got func(line string)) (address string, end func()) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	over := make(chan struct{})
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				if got == nil {
					<-over
					return
				}
				for r := bufio.NewReader(c); ; {
					var n int // octet counting, RFC 6587 section 3.4.1
					if _, err := fmt.Fscanf(r, "%d ", &n); err != nil {
						return
					}
					line := make([]byte, n)
					if _, err := io.ReadFull(r, line); err != nil {
						return
					}
					got(string(line))
				}
			})
		}
	})
	return l.Addr().String(), sync.OnceFunc(func() { close(over); l.Close(); wg.Wait() })
}

func TestLaws(t *testing.T) {
	var mu sync.Mutex
	var lines []string
	at, end := server(t, func(line string) {
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, line)
	})
	deaf, endDeaf := server(t, nil)
	defer end()
	defer endDeaf()
	loggertest.Laws(t, "syslog", loggertest.Options{
		Config: fmt.Sprintf("address = %q", "tcp@"+at),
		Lines: func() []string {
			end() // once all that was sent is read
			mu.Lock()
			defer mu.Unlock()
			return lines
		},
		Stalled: fmt.Sprintf("address = %q", "tcp@"+deaf),
	})
}
