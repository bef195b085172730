package mptcp

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/mptcp"
)

// The test binary is also the client and the server, in their namespaces:
//
//	mptcp.test serve ADDRESS BYTES          answers every connection with so many bytes
//	mptcp.test fetch ADDRESS [plain|http]   takes them and says what came, and how
//	mptcp.test echo ADDRESS                 sends everything back
//	mptcp.test talk ADDRESS COUNT SECONDS   has so many connections echo for so long
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) == 4 && os.Args[1] == "serve":
		os.Exit(serve(os.Args[2], os.Args[3]))
	case len(os.Args) == 3 && os.Args[1] == "echo":
		os.Exit(echo(os.Args[2]))
	case len(os.Args) == 5 && os.Args[1] == "talk":
		os.Exit(talk(os.Args[2], os.Args[3], os.Args[4]))
	case len(os.Args) >= 3 && os.Args[1] == "fetch":
		os.Exit(fetch(os.Args[2], os.Args[3:]))
	}
	os.Exit(m.Run())
}

// pattern gives the same bytes on both sides.
func pattern(size int) io.Reader {
	block := make([]byte, 1<<16)
	for i := range block {
		block[i] = byte(i * 7 >> 3)
	}
	return io.LimitReader(&repeater{block: block}, int64(size))
}

type repeater struct {
	block []byte
	off   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, r.block[r.off:])
	r.off = (r.off + n) % len(r.block)
	return n, nil
}

// serve answers with the pattern, after a request's head where one comes.
func serve(address, bytes string) int {
	size, err := strconv.Atoi(bytes)
	if err != nil {
		return complain(err)
	}
	return listen(address, func(c net.Conn) {
		r := bufio.NewReader(c)
		line, err := r.ReadString('\n')
		if err != nil {
			return // the other side gave up
		}
		if strings.Contains(line, "HTTP/1.1") {
			for strings.TrimSpace(line) != "" {
				if line, err = r.ReadString('\n'); err != nil {
					return
				}
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
		}
		if _, err := io.Copy(c, pattern(size)); err != nil {
			fmt.Println("serving ended:", err)
		}
	})
}

// echo sends everything back.
func echo(address string) int {
	return listen(address, func(c net.Conn) {
		if _, err := io.Copy(c, c); err != nil {
			fmt.Println("echo ended:", err)
		}
	})
}

// listen gives every connection to handle.
func listen(address string, handle func(net.Conn)) int {
	var lc net.ListenConfig
	lc.SetMultipathTCP(true)
	l, err := lc.Listen(context.Background(), "tcp", address)
	if err != nil {
		return complain(err)
	}
	fmt.Println("serving")
	for {
		c, err := l.Accept()
		if err != nil {
			return complain(err)
		}
		go func() {
			defer c.Close()
			handle(c)
		}()
	}
}

// talk has connections send messages and wait for each to come back, and reports
// one line: connections, messages, failures.
func talk(address, countText, secondsText string) int {
	count, err := strconv.Atoi(countText)
	if err != nil {
		return complain(err)
	}
	seconds, err := strconv.Atoi(secondsText)
	if err != nil {
		return complain(err)
	}
	end := time.Now().Add(time.Duration(seconds) * time.Second)
	var messages, failures atomic.Int64
	var open sync.WaitGroup
	for i := range count {
		open.Add(1)
		go func() {
			defer open.Done()
			if n, err := converse(address, i, end); err != nil {
				failures.Add(1)
				fmt.Printf("connection %d after %d messages: %v\n", i, n, err)
			} else {
				messages.Add(int64(n))
			}
		}()
		time.Sleep(time.Millisecond) // a burst of SYNs would only test the backlog
	}
	open.Wait()
	fmt.Printf("talked connections=%d messages=%d failures=%d\n", count, messages.Load(), failures.Load())
	return 0
}

// converse sends numbered messages until end.
func converse(address string, id int, end time.Time) (n int, err error) {
	var d net.Dialer
	d.SetMultipathTCP(true)
	d.Timeout = 40 * time.Second
	c, err := d.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	for ; time.Now().Before(end); n++ {
		message := fmt.Sprintf("connection %6d message %6d", id, n)
		if err := c.SetDeadline(time.Now().Add(40 * time.Second)); err != nil {
			return n, err
		}
		if _, err := io.WriteString(c, message); err != nil {
			return n, err
		}
		back := make([]byte, len(message))
		if _, err := io.ReadFull(c, back); err != nil {
			return n, err
		}
		if string(back) != message {
			return n, fmt.Errorf("%q came back as %q", message, back)
		}
		time.Sleep(200 * time.Millisecond)
	}
	return n, nil
}

// fetch takes everything and reports one line: bytes, hash, time, the longest
// stall, the most paths seen at once, and whether MPTCP was spoken.
func fetch(address string, options []string) int {
	plain, asHTTP := false, false
	for _, o := range options {
		plain, asHTTP = plain || o == "plain", asHTTP || o == "http"
	}
	var d net.Dialer
	d.SetMultipathTCP(!plain)
	d.Timeout = 40 * time.Second
	c, err := d.Dial("tcp", address)
	if err != nil {
		return complain(err)
	}
	defer c.Close()
	request := "send\n"
	if asHTTP {
		request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
	}
	if _, err := io.WriteString(c, request); err != nil {
		return complain(err)
	}
	fd := -1
	if raw, err := c.(*net.TCPConn).SyscallConn(); err == nil {
		err = raw.Control(func(f uintptr) { fd = int(f) })
		if err != nil {
			return complain(err)
		}
	}
	hash, b := sha256.New(), make([]byte, 1<<18)
	var total, most int
	var longest time.Duration
	begin := time.Now()
	last := begin
	body := io.Reader(c)
	if asHTTP {
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return complain(err)
			}
			if strings.TrimSpace(line) == "" {
				break
			}
		}
		body = r
	}
	for {
		n, err := body.Read(b)
		hash.Write(b[:n])
		total += n
		now := time.Now()
		longest = max(longest, now.Sub(last))
		last = now
		if info, ok := mptcp.Read(fd); ok {
			most = max(most, info.Subflows)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return complain(err)
		}
	}
	multipath, err := c.(*net.TCPConn).MultipathTCP()
	if err != nil {
		return complain(err)
	}
	fmt.Printf("result bytes=%d hash=%x ms=%d stall=%d paths=%d mptcp=%v\n",
		total, hash.Sum(nil)[:8], time.Since(begin).Milliseconds(), longest.Milliseconds(), most, multipath)
	return 0
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
