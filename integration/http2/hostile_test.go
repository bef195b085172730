package http2

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// patient are timeouts that tests can wait for.
const patient = "timeout = { http-request = \"1s\", client = \"3s\", http-keep-alive = \"1s\" }\n"

// flood sends a frame over and over until the connection ends.
func flood(send func(r *raw, i uint32) error) func(*raw) {
	return func(r *raw) {
		go func() {
			for i := range uint32(100_000) {
				if send(r, i) != nil {
					return
				}
			}
		}()
	}
}

// attacks are what a client does against the rules, or to cost us more than
// itself, and what it is told: the first that it hears of it.
var attacks = map[string]struct {
	do   func(r *raw)
	want string
}{
	"rapid reset": {flood(func(r *raw, i uint32) error {
		r.get(2*i+1, "/none")
		return r.WriteRSTStream(2*i+1, http2.ErrCodeCancel)
	}), "end ENHANCE_YOUR_CALM"},
	"resets that the server is made to send": {flood(func(r *raw, i uint32) error {
		r.get(2*i+1, "/bytes?n=100000")
		return r.WriteWindowUpdate(2*i+1, 0)
	}), "end ENHANCE_YOUR_CALM"},
	"continuations": {func(r *raw) {
		r.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.request("GET", "/")})
		flood(func(r *raw, _ uint32) error {
			return r.WriteContinuation(1, false, r.block("a", strings.Repeat("b", 1000)))
		})(r)
	}, "end ENHANCE_YOUR_CALM"},
	"empty continuations": {func(r *raw) {
		r.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.request("GET", "/")})
		flood(func(r *raw, _ uint32) error { return r.WriteContinuation(1, false, nil) })(r)
	}, "end ENHANCE_YOUR_CALM"},
	"pings":      {flood(func(r *raw, _ uint32) error { return r.WritePing(false, [8]byte{}) }), "end ENHANCE_YOUR_CALM"},
	"windows":    {flood(func(r *raw, _ uint32) error { return r.WriteWindowUpdate(0, 1) }), "end ENHANCE_YOUR_CALM"},
	"settings":   {flood(func(r *raw, _ uint32) error { return r.WriteSettings() }), "end ENHANCE_YOUR_CALM"},
	"priorities": {flood(func(r *raw, i uint32) error { return r.WritePriority(2*i+1, http2.PriorityParam{Weight: 1}) }), "end ENHANCE_YOUR_CALM"},
	"empty data": {func(r *raw) {
		r.head(1, false, r.request("POST", "/echo"))
		flood(func(r *raw, _ uint32) error { return r.WriteData(1, false, nil) })(r)
	}, "end ENHANCE_YOUR_CALM"},
	"an HPACK bomb": {func(r *raw) {
		r.get(1, "/none", "bomb", strings.Repeat("x", 4000))
		if got := r.next(); got != "1: 204" {
			r.t.Errorf("the entry that the bomb is made of: %s", got)
		}
		small := "\x82\x86\x84\x01\x01a" // GET http / a, which change nothing of the table
		r.head(3, true, []byte(small+strings.Repeat("\xbe", 10_000)))
	}, "3: 431"},
	"a field without end": {func(r *raw) {
		r.head(1, true, append(r.request("GET", "/"), 0x00, 0x01, 'a', 0x7f, 0xff, 0xff, 0xff, 0x07))
	}, "end ENHANCE_YOUR_CALM"},
	"a table that is too large":  {func(r *raw) { r.head(1, true, append([]byte{0x3f, 0xff, 0xff, 0x07}, r.request("GET", "/")...)) }, "end COMPRESSION_ERROR"},
	"an entry that is not there": {func(r *raw) { r.head(1, true, append(r.request("GET", "/"), 0xff, 0x20)) }, "end COMPRESSION_ERROR"},
	"more streams than allowed": {func(r *raw) {
		for i := range uint32(101) {
			r.head(2*i+1, false, r.request("POST", "/echo"))
		}
	}, "201: reset REFUSED_STREAM"},
	"a connection's window beyond its limit": {func(r *raw) { r.WriteWindowUpdate(0, 1<<31-1) }, "end FLOW_CONTROL_ERROR"},
	"a stream's window beyond its limit": {func(r *raw) {
		r.head(1, false, r.request("POST", "/echo"))
		r.WriteWindowUpdate(1, 1<<31-1)
	}, "1: reset FLOW_CONTROL_ERROR"},
	"data beyond the window": {func(r *raw) {
		r.head(1, false, r.request("POST", "/pieces"))
		flood(func(r *raw, _ uint32) error { return r.WriteData(1, false, make([]byte, 16384)) })(r)
	}, "1: reset FLOW_CONTROL_ERROR"},
	"a server's stream":            {func(r *raw) { r.get(2, "/none") }, "end PROTOCOL_ERROR"},
	"a push":                       {func(r *raw) { r.WritePushPromise(http2.PushPromiseParam{StreamID: 1, PromiseID: 2, EndHeaders: true}) }, "end PROTOCOL_ERROR"},
	"data of a stream that is not": {func(r *raw) { r.WriteData(5, true, []byte("x")) }, "end PROTOCOL_ERROR"},
	"a frame that is too large":    {func(r *raw) { r.WriteRawFrame(http2.FrameData, 0, 1, make([]byte, 16385)) }, "end FRAME_SIZE_ERROR"},
}

// smuggled are requests that would mean something else to a server of HTTP/1. Each
// is reset; the connection goes on.
var smuggled = map[string][]string{
	"a line break in the path":         {":path", "/ HTTP/1.1\r\nHost: b\r\n\r\n"},
	"a space in the path":              {":path", "/none HTTP/1.1"},
	"a path that is none":              {":path", "none"},
	"an empty path":                    {":path", ""},
	"a line break in the method":       {":method", "GET / HTTP/1.1\r\n\r\n"},
	"a line break in the authority":    {":authority", "a\r\nX: y"},
	"a user in the authority":          {":authority", "user@a"},
	"a line break in the scheme":       {":scheme", "http\r\n"},
	"a host that differs":              {"host", "b"},
	"a line break in a value":          {"x", "a\r\nContent-Length: 5"},
	"a line feed in a value":           {"x", "a\nTransfer-Encoding: chunked"},
	"a NUL in a value":                 {"x", "a\x00b"},
	"a colon in a name":                {"x: y\r\nz", "a"},
	"upper case":                       {"X", "a"},
	"a chunked body":                   {"transfer-encoding", "chunked"},
	"a connection's field":             {"connection", "content-length"},
	"another":                          {"upgrade", "h2c"},
	"te":                               {"te", "chunked"},
	"a length that is none":            {"content-length", "+5"},
	"a list of lengths":                {"content-length", "0, 5"},
	"a length without content":         {"content-length", "5"},
	"a pseudo-field behind others":     {"x", "a", ":path", "/"},
	"a pseudo-field that is not known": {":unknown", "a"},
	"a response's pseudo-field":        {":status", "200"},
	"a protocol for another method":    {":protocol", "websocket"},
	"a pseudo-field that comes twice":  {":method", "GET", ":method", "POST"},
	"two lengths":                      {"content-length", "0", "content-length", "5"},
}

// TestHostileClients has each attack refused as RFC 9113 says, while others are
// served; nothing of it stays.
func TestHostileClients(t *testing.T) {
	// Heads have time enough for all of an attack to come.
	p, plain, secure := proxy(t, startOrigin(t, "h1"), strings.Replace(patient, `http-request = "1s"`, `http-request = "30s"`, 1))
	c, base := client(t, "h2", plain, secure)
	served := func(during string) {
		if res, _ := lab.Do(t, c, lab.Request(t, "GET", base+"/none", nil)); res.StatusCode != 204 {
			t.Errorf("%s: another client gets %d", during, res.StatusCode)
		}
	}
	served("before")
	tasks, memory := info(t, p, "Tasks"), resident(t, p)
	ended := 0
	for name, a := range attacks {
		r := dialRaw(t, plain)
		a.do(r)
		heard := r.next
		if strings.HasPrefix(a.want, "end ") {
			heard = r.last
		}
		if got := heard(); got != a.want {
			t.Errorf("%s: %s, want %s", name, got, a.want)
		}
		if strings.HasPrefix(a.want, "end ") {
			ended++
		}
		served(name)
		r.c.Close()
	}
	lab.Until(t, 5*time.Second, "connections are logged that were ended", func() bool {
		return strings.Count(p.Output(), ": Protocol violation") == ended
	})
	r := dialRaw(t, plain)
	id := uint32(1)
	for name, fields := range smuggled {
		pseudo := map[string]string{":method": "GET", ":scheme": "http", ":path": "/none", ":authority": "a"}
		var rest []string
		for i := 0; i < len(fields); i += 2 {
			if _, ok := pseudo[fields[i]]; ok && len(rest) == 0 && i == 0 && len(fields) == 2 {
				pseudo[fields[i]] = fields[i+1]
			} else {
				rest = append(rest, fields[i], fields[i+1])
			}
		}
		r.head(id, true, r.block(append([]string{":method", pseudo[":method"], ":scheme", pseudo[":scheme"], ":path", pseudo[":path"], ":authority", pseudo[":authority"]}, rest...)...))
		if got, want := r.next(), fmt.Sprintf("%d: reset PROTOCOL_ERROR", id); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		id += 2
	}
	r.get(id, "/none")
	if got, want := r.next(), fmt.Sprintf("%d: 204", id); got != want {
		t.Errorf("afterwards: %s, want %s", got, want)
	}
	r.c.Close()
	lab.Until(t, 5*time.Second, "they are logged", func() bool { return strings.Count(p.Output(), " 400 ") >= len(smuggled) })
	settled(t, p, tasks, memory)
}

// settled waits until goroutines and memory are what they were before.
func settled(t *testing.T, p *lab.Process, tasks, memory int) {
	t.Helper()
	more := 64 << 10
	if lab.RaceEnabled {
		more *= 4 // the detector keeps what it has
	}
	lab.Until(t, 30*time.Second, "what hostile peers cost is given back", func() bool {
		return info(t, p, "Tasks") <= tasks+2 && resident(t, p) <= memory+more
	})
}

// resident gives the process's memory in KB.
func resident(t *testing.T, p *lab.Process) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`VmRSS:\s+(\d+)`).FindSubmatch(b)
	if m == nil {
		t.Fatalf("no VmRSS in\n%s", b)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestSlowClients has clients that hold on to what they have: all end by their
// timeouts, and the log says so.
func TestSlowClients(t *testing.T) {
	p, plain, _ := proxy(t, startOrigin(t, "h1"), patient)
	tasks, memory := info(t, p, "Tasks"), resident(t, p)
	t.Run("all", func(t *testing.T) {
		for name, a := range map[string]struct {
			do        func(r *raw)
			want, log string
		}{
			"nothing but the preface": {func(*raw) {}, "end", ""},
			"a head that does not end": {func(r *raw) {
				r.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: r.request("GET", "/")})
			}, "end", ""},
			"a frame that does not end": {func(r *raw) { r.c.Write([]byte("\x00\x40\x00\x01\x04\x00\x00\x00\x01abc")) }, "end", ""},
			"pings now and then": {func(r *raw) {
				go func() {
					for range 100 {
						if r.WritePing(false, [8]byte{}) != nil {
							return
						}
						time.Sleep(50 * time.Millisecond)
					}
				}()
			}, "end", ""},
			"a body that does not come": {func(r *raw) {
				r.head(1, false, r.request("POST", "/echo", "content-length", "100"))
				r.WriteData(1, false, []byte("x"))
			}, "1: 408", "cD-- "},
			"no window": {func(r *raw) {
				r.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
				r.get(1, "/bytes?n=100000&length")
				if got := r.next(); got != "1: 200" {
					r.t.Errorf("a client without window gets %s", got)
				}
			}, "1: reset INTERNAL_ERROR", "cD-- "},
			"no window of the connection": {func(r *raw) {
				r.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
				r.get(1, "/bytes?n=100000&length")
				if got := r.next(); got != "1: 200" {
					r.t.Errorf("a client without window gets %s", got)
				}
			}, "1: reset INTERNAL_ERROR", "cD-- "},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := dialRaw(t, plain)
				begun := time.Now()
				a.do(r)
				if got := r.next(); got != a.want {
					t.Errorf("%s, want %s", got, a.want)
				}
				if d := time.Since(begun); d > 6*time.Second {
					t.Errorf("it took %v", d)
				}
				if a.log != "" {
					lab.Until(t, 5*time.Second, "the log says "+a.log, func() bool { return strings.Contains(p.Output(), a.log) })
				}
				r.c.Close()
			})
		}
	})
	// Windows without end, and nothing is read: the socket's buffers fill.
	r := dialRaw(t, plain, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
	r.WriteWindowUpdate(0, 1<<30)
	for i := range uint32(20) {
		r.get(2*i+1, "/bytes?n=4000000")
	}
	lab.Until(t, 10*time.Second, "streams end that are not read", func() bool { return strings.Count(p.Output(), "/bytes?n=4000000") == 20 })
	r.c.Close()
	settled(t, p, tasks, memory)
}

// TestResponsesThatLie has servers answer against the rules. The client gets a
// status of 502, or sees the response cut short, and the next one on the same
// connection is its own.
func TestResponsesThatLie(t *testing.T) {
	const cut = -1
	ok := func(r *raw, id uint32, more ...string) []byte {
		return r.block(append([]string{":status", "200"}, more...)...)
	}
	for name, c := range map[string]struct {
		do     func(r *raw, id uint32)
		method string
		want   int
		term   string
	}{
		"no status":                {func(r *raw, id uint32) { r.head(id, true, r.block("a", "b")) }, "GET", 502, "PH"},
		"a status that is none":    {func(r *raw, id uint32) { r.head(id, true, r.block(":status", "20")) }, "GET", 502, "PH"},
		"101":                      {func(r *raw, id uint32) { r.head(id, true, r.block(":status", "101")) }, "GET", 502, "PH"},
		"two statuses":             {func(r *raw, id uint32) { r.head(id, true, ok(r, id, ":status", "200")) }, "GET", 502, "PH"},
		"a request's fields":       {func(r *raw, id uint32) { r.head(id, true, ok(r, id, ":path", "/")) }, "GET", 502, "PH"},
		"upper case":               {func(r *raw, id uint32) { r.head(id, true, ok(r, id, "X", "y")) }, "GET", 502, "PH"},
		"a line break":             {func(r *raw, id uint32) { r.head(id, true, ok(r, id, "x", "a\r\nb: c")) }, "GET", 502, "PH"},
		"a connection's field":     {func(r *raw, id uint32) { r.head(id, true, ok(r, id, "connection", "close")) }, "GET", 502, "PH"},
		"chunks":                   {func(r *raw, id uint32) { r.head(id, true, ok(r, id, "transfer-encoding", "chunked")) }, "GET", 502, "PH"},
		"two lengths":              {func(r *raw, id uint32) { r.head(id, true, ok(r, id, "content-length", "1", "content-length", "2")) }, "GET", 502, "PH"},
		"a length, and no content": {func(r *raw, id uint32) { r.head(id, true, ok(r, id, "content-length", "5")) }, "GET", 502, "PH"},
		"content first":            {func(r *raw, id uint32) { r.WriteData(id, true, []byte("hello")) }, "GET", 502, "PH"},
		"a head that is too large": {func(r *raw, id uint32) {
			r.head(id, true, ok(r, id, "x", strings.Repeat("x", 9000), "y", strings.Repeat("y", 9000)))
		}, "GET", 502, "PH"},
		"a head without end": {func(r *raw, id uint32) {
			r.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: ok(r, id)})
			for range 1000 {
				if r.WriteContinuation(id, false, bytes.Repeat([]byte{0x88}, 1000)) != nil {
					return
				}
			}
		}, "GET", 502, "SH"},
		"a push": {func(r *raw, id uint32) {
			r.WritePushPromise(http2.PushPromiseParam{StreamID: id, PromiseID: 2, BlockFragment: r.request("GET", "/"), EndHeaders: true})
		}, "GET", 502, "SH"},
		"interim responses without end": {func(r *raw, id uint32) {
			for range 2000 {
				r.head(id, false, r.block(":status", "103", "link", "</a>"))
			}
		}, "GET", 502, "PH"},
		"an interim response that ends": {func(r *raw, id uint32) { r.head(id, true, r.block(":status", "103")) }, "GET", 502, "PH"},
		"more content than its length": {func(r *raw, id uint32) {
			r.head(id, false, ok(r, id, "content-length", "3"))
			r.WriteData(id, true, []byte("hello"))
		}, "GET", cut, "PD"},
		"less": {func(r *raw, id uint32) {
			r.head(id, false, ok(r, id, "content-length", "9"))
			r.WriteData(id, true, []byte("hello"))
		}, "GET", cut, "PD"},
		"a pseudo-field in the trailers": {func(r *raw, id uint32) {
			r.head(id, false, ok(r, id))
			r.WriteData(id, false, []byte("hello"))
			r.head(id, true, r.block(":status", "200"))
		}, "GET", cut, "PD"},
		"more than the window": {func(r *raw, id uint32) {
			r.head(id, false, ok(r, id))
			for range 200 {
				r.WriteData(id, false, make([]byte, 16384))
			}
		}, "GET", cut, ""},
		"content for HEAD": {func(r *raw, id uint32) {
			r.head(id, false, ok(r, id))
			r.WriteData(id, true, []byte("HTTP/1.1 200 OK\r\n\r\n"))
		}, "HEAD", 200, "--"},
		"content for 204": {func(r *raw, id uint32) {
			r.head(id, false, r.block(":status", "204"))
			r.WriteData(id, true, []byte("HTTP/1.1 200 OK\r\n\r\n"))
		}, "GET", 204, "--"},
		"content for 304": {func(r *raw, id uint32) {
			r.head(id, false, r.block(":status", "304"))
			r.WriteData(id, true, []byte("HTTP/1.1 200 OK\r\n\r\n"))
		}, "GET", 304, "--"},
		"a length for HEAD": {func(r *raw, id uint32) { r.head(id, true, ok(r, id, "content-length", "5")) }, "HEAD", 200, "--"},
		"lengths in the trailers": {func(r *raw, id uint32) {
			r.head(id, false, ok(r, id))
			r.WriteData(id, false, []byte("hello"))
			r.head(id, true, r.block("content-length", "3", "host", "b", "x", "y"))
		}, "GET", 200, "--"},
	} {
		t.Run(name, func(t *testing.T) {
			p, plain, secure := proxy(t, serveRaw(t, func(r *raw, req *http2.MetaHeadersFrame) {
				if req.PseudoValue("path") == "/right" {
					r.head(req.StreamID, true, r.block(":status", "299"))
					return
				}
				c.do(r, req.StreamID)
			}), "")
			for _, version := range []string{"h1", "h2"} {
				cl, base := client(t, version, plain, secure)
				logged := len(p.Output())
				res, err := cl.Do(lab.Request(t, c.method, base+"/wrong", nil))
				got := cut
				if err == nil {
					b, bad := io.ReadAll(res.Body)
					res.Body.Close()
					if bad == nil {
						got = res.StatusCode
					}
					if len(res.Trailer) > 0 && (res.Trailer.Get("Content-Length") != "" || res.Trailer.Get("Host") != "") {
						t.Errorf("%s: trailers %v after %q", version, res.Trailer, b)
					}
				}
				if got != c.want {
					t.Errorf("%s: %d, want %d (%v)", version, got, c.want, err)
				}
				lab.Until(t, 5*time.Second, "the log says "+c.term, func() bool {
					_, line, found := strings.Cut(p.Output()[logged:], " /wrong ")
					return found && line != "" && strings.Contains(p.Output()[logged:], " "+c.term)
				})
				if res, _ := lab.Do(t, cl, lab.Request(t, "GET", base+"/right", nil)); res.StatusCode != 299 {
					t.Errorf("%s: afterwards %d, want 299", version, res.StatusCode)
				}
			}
		})
	}
}

// TestServerReadsNothing has a server that takes a connection and reads no more of
// it than the preface: requests with much content end by their timeouts.
func TestServerReadsNothing(t *testing.T) {
	stop := make(chan struct{})
	server := serveRaw(t, func(r *raw, _ *http2.MetaHeadersFrame) {
		r.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 1 << 30})
		r.WriteWindowUpdate(0, 1<<30)
		<-stop
	})
	t.Cleanup(func() { close(stop) })
	plain := lab.Port(t)
	lab.Fairlead(t, `
[listen.web]
mode = "http"
bind = "127.0.0.1:`+plain+`"
timeout = { connect = "5s", client = "30s", server = "3s" }
retries = 0
servers = [`+server+`]
`)
	c, base := client(t, "h2c", plain, "")
	done := make(chan int, 3)
	for range 3 {
		go func() {
			res, err := c.Post(base+"/", "text/plain", &endless{})
			if err != nil {
				done <- 0
				return
			}
			res.Body.Close()
			done <- res.StatusCode
		}()
	}
	for range 3 {
		select {
		case status := <-done:
			if status != 504 && status != 502 {
				t.Errorf("a request gets %d, want 504 or 502", status)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("a request goes on")
		}
	}
}

// endless is content.
type endless struct{}

func (*endless) Read(p []byte) (int, error) { return len(p), nil }
