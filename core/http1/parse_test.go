package http1

import (
	"errors"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

func parser() *Parser { return &Parser{Limits: Limits{MaxFields: 10}} }

func TestRequestAccepted(t *testing.T) {
	for name, tt := range map[string]struct {
		head    string
		method  string
		target  string
		version httpmsg.Version
		body    httpmsg.Framing
		length  int64
	}{
		"plain":         {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"HTTP/1.0":      {"GET /x HTTP/1.0\r\n\r\n", "GET", "/x", httpmsg.HTTP10, httpmsg.NoBody, 0},
		"later minor":   {"GET / HTTP/1.9\r\nHost: a\r\n\r\n", "GET", "/", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"length":        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n", "POST", "/", httpmsg.HTTP11, httpmsg.Length, 12},
		"chunked":       {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", "POST", "/", httpmsg.HTTP11, httpmsg.Chunked, 0},
		"absolute form": {"GET http://a:80/p HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET", "http://a:80/p", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"default port":  {"GET http://A/p HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET", "http://A/p", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"port of https": {"GET https://[::1]:443/p HTTP/1.1\r\nHost: [::1]\r\n\r\n", "GET", "https://[::1]:443/p", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"authority":     {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "CONNECT", "a:443", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"host alone":    {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT", "a:443", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"asterisk":      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS", "*", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"IPv6 host":     {"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", "GET", "/", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"empty host":    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET", "/", httpmsg.HTTP11, httpmsg.NoBody, 0},
		"obs-text":      {"GET / HTTP/1.1\r\nHost: a\r\nX: \xe4\t b \r\n\r\n", "GET", "/", httpmsg.HTTP11, httpmsg.NoBody, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var m httpmsg.Message
			n, err := parser().Request(&m, []byte(tt.head+"rest"))
			if err != nil || n != len(tt.head) {
				t.Fatalf("Request = %d, %v, want %d", n, err, len(tt.head))
			}
			if string(m.Method()) != tt.method || string(m.Target()) != tt.target || m.Version != tt.version || m.Body != tt.body || m.ContentLength != tt.length {
				t.Errorf("got %s %s %v body %v length %d", m.Method(), m.Target(), m.Version, m.Body, m.ContentLength)
			}
		})
	}
}

// What frames a message goes on in one way of writing, whatever the client's: a
// server that reads another one otherwise would find a second request in it.
func TestFramingIsTidied(t *testing.T) {
	for in, want := range map[string]string{
		"Transfer-Encoding: chunked":     "",
		"transfer-encoding: chunked":     "",
		"Transfer-Encoding:chunked":      "Transfer-Encoding: chunked",
		"Transfer-Encoding:\tchunked":    "Transfer-Encoding: chunked",
		"Transfer-Encoding:  cHuNkEd \t": "Transfer-Encoding: chunked",
		"Content-Length: 0":              "",
		"Content-Length: 10":             "",
		"Content-Length:10":              "Content-Length: 10",
		"Content-Length: \t10 ":          "Content-Length: 10",
		"Content-Length: 0010":           "Content-Length: 10",
		"Content-Length: 00":             "Content-Length: 0",
	} {
		var m httpmsg.Message
		if _, err := parser().Request(&m, []byte("POST / HTTP/1.1\r\nHost: a\r\n"+in+"\r\nX:  y \r\n\r\n")); err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if m.Edited() != (want != "") {
			t.Errorf("%q: edited %v", in, m.Edited())
		}
		if got := string(m.AppendHead(nil)); want != "" && got != "POST / HTTP/1.1\r\nHost: a\r\n"+want+"\r\nX:  y \r\n\r\n" {
			t.Errorf("%q goes on as %q", in, got)
		}
	}
}

func TestRequestRefused(t *testing.T) {
	get := func(fields string) string { return "GET / HTTP/1.1\r\n" + fields + "\r\n" }
	for name, tt := range map[string]struct {
		head   string
		status int
	}{
		"both lengths":             {get("Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
		"several lengths":          {get("Host: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n"), 400},
		"list of lengths":          {get("Host: a\r\nContent-Length: 3, 3\r\n"), 400},
		"signed length":            {get("Host: a\r\nContent-Length: +3\r\n"), 400},
		"hex length":               {get("Host: a\r\nContent-Length: 0x3\r\n"), 400},
		"empty length":             {get("Host: a\r\nContent-Length:\r\n"), 400},
		"huge length":              {get("Host: a\r\nContent-Length: 99999999999999999999\r\n"), 400},
		"coding not last":          {get("Host: a\r\nTransfer-Encoding: chunked, gzip\r\n"), 400},
		"unknown coding":           {get("Host: a\r\nTransfer-Encoding: gzip, chunked\r\n"), 501},
		"coding twice":             {get("Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
		"coding with prefix":       {get("Host: a\r\nTransfer-Encoding: xchunked\r\n"), 400},
		"coding in HTTP/1.0":       {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
		"fragment in target":       {"GET /a.php#.png HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"another port":             {"GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"port of another scheme":   {"GET https://a:80/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"CONNECT without port":     {"CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"CONNECT with empty port":  {"CONNECT a: HTTP/1.1\r\nHost: a:\r\n\r\n", 400},
		"CONNECT elsewhere":        {"CONNECT b:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 400},
		"bare LF":                  {"GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
		"bare LF in fields":        {get("Host: a\nX: y\r\n"), 400},
		"bare CR in value":         {get("Host: a\r\nX: a\rb\r\n"), 400},
		"NUL in value":             {get("Host: a\r\nX: a\x00b\r\n"), 400},
		"folded line":              {get("Host: a\r\nX: a\r\n b\r\n"), 400},
		"space before colon":       {get("Host: a\r\nContent-Length : 3\r\n"), 400},
		"no colon":                 {get("Host: a\r\nX\r\n"), 400},
		"empty name":               {get("Host: a\r\n: x\r\n"), 400},
		"space in name":            {get("Host: a\r\nX Y: x\r\n"), 400},
		"no host":                  {get("X: y\r\n"), 400},
		"two hosts":                {get("Host: a\r\nHost: a\r\n"), 400},
		"bad host":                 {get("Host: a b\r\n"), 400},
		"host with path":           {get("Host: a/b\r\n"), 400},
		"host with bad port":       {get("Host: a:x\r\n"), 400},
		"host differs":             {"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400},
		"control byte in target":   {"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"eight bits in target":     {"GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"target of no form":        {"GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"target of no form, old":   {"GET x HTTP/1.0\r\n\r\n", 400},
		"CONNECT with a path":      {"CONNECT /x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"two spaces":               {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"no version":               {"GET /\r\n\r\n", 400},
		"HTTP/2 preface":           {"PRI * HTTP/2.0\r\n\r\n", 400},
		"lower-case version":       {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
		"bad method":               {"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
		"TLS handshake":            {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n", 400},
		"more fields than allowed": {get("Host: a\r\n" + strings.Repeat("X: y\r\n", 10)), 431},
	} {
		t.Run(name, func(t *testing.T) {
			var m httpmsg.Message
			n, err := parser().Request(&m, []byte(tt.head))
			var he *Error
			if !errors.As(err, &he) || he.Status != tt.status {
				t.Errorf("Request = %d, %v, want status %d", n, err, tt.status)
			}
		})
	}
}

func TestLongTargetIs414(t *testing.T) {
	p := parser()
	p.Limits.MaxTarget = 8
	var m httpmsg.Message
	_, err := p.Request(&m, []byte("GET /123456789 HTTP/1.1\r\nHost: a\r\n\r\n"))
	var he *Error
	if !errors.As(err, &he) || he.Status != 414 {
		t.Errorf("got %v, want a 414", err)
	}
	if s := parser().ErrTooLarge().Status; s != 414 {
		t.Errorf("a request line that fills the buffer: %d, want 414", s)
	}
}

// A head that comes byte by byte parses like one that comes at once.
func TestRequestByteByByte(t *testing.T) {
	head := []byte("POST /a HTTP/1.1\r\nHost: a\r\nX-Y: z\r\nContent-Length: 5\r\n\r\n")
	p, m := parser(), httpmsg.Message{}
	for i := range head {
		n, err := p.Request(&m, head[:i+1])
		if err != nil || n != 0 && i != len(head)-1 {
			t.Fatalf("after %d bytes: %d, %v", i+1, n, err)
		}
		if i == len(head)-1 && n != len(head) {
			t.Fatalf("complete head: %d", n)
		}
	}
	if v, _ := m.Header("x-y"); string(v) != "z" || m.ContentLength != 5 {
		t.Errorf("x-y %q, length %d", v, m.ContentLength)
	}
}

func TestResponseFraming(t *testing.T) {
	for name, tt := range map[string]struct {
		head          string
		isHead, isCon bool
		body          httpmsg.Framing
	}{
		"length":         {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, false, httpmsg.Length},
		"zero length":    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, false, httpmsg.NoBody},
		"until close":    {"HTTP/1.1 200 OK\r\n\r\n", false, false, httpmsg.UntilClose},
		"chunked":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, false, httpmsg.Chunked},
		"HEAD":           {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, false, httpmsg.NoBody},
		"204":            {"HTTP/1.1 204 No Content\r\n\r\n", false, false, httpmsg.NoBody},
		"304":            {"HTTP/1.1 304 \r\nContent-Length: 3\r\n\r\n", false, false, httpmsg.NoBody},
		"no reason":      {"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\n", false, false, httpmsg.Length},
		"CONNECT":        {"HTTP/1.1 200 OK\r\n\r\n", false, true, httpmsg.NoBody},
		"CONNECT denied": {"HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\n", false, true, httpmsg.Length},
	} {
		t.Run(name, func(t *testing.T) {
			var m httpmsg.Message
			p := parser()
			if n, err := p.Response(&m, []byte(tt.head)); err != nil || n != len(tt.head) {
				t.Fatalf("Response = %d, %v", n, err)
			}
			if err := p.FrameResponse(&m, tt.isHead, tt.isCon); err != nil || m.Body != tt.body {
				t.Errorf("framing %v, %v, want %v", m.Body, err, tt.body)
			}
		})
	}
}

func TestResponseRefused(t *testing.T) {
	for _, head := range []string{
		"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n",
		"HTTP/1.1  200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200 OK\x00\r\n\r\n", "HTTP/1.1 200 OK\nX: y\r\n\r\n",
	} {
		var m httpmsg.Message
		if n, err := parser().Response(&m, []byte(head)); err == nil {
			t.Errorf("%q: accepted, %d", head, n)
		}
	}
}

func TestParsingDoesNotAllocate(t *testing.T) {
	head := []byte("GET /index.html HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n")
	var m httpmsg.Message
	p := parser()
	if n := testing.AllocsPerRun(100, func() {
		p.Next()
		if _, err := p.Request(&m, head); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	head := []byte("GET /index.html?a=b HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: text/html,application/xhtml+xml\r\nAccept-Encoding: gzip, br\r\nCookie: a=b; c=d\r\n\r\n")
	var m httpmsg.Message
	p := parser()
	b.SetBytes(int64(len(head)))
	b.ReportAllocs()
	for b.Loop() {
		p.Next()
		if _, err := p.Request(&m, head); err != nil {
			b.Fatal(err)
		}
	}
}

// What parses is emitted as it came, and parses again to the same.
func FuzzRequest(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	f.Add([]byte("POST http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		var m, again httpmsg.Message
		n, err := parser().Request(&m, in)
		if err != nil || n == 0 {
			return
		}
		if got := string(m.AppendHead(nil)); got != string(in[:n]) {
			t.Fatalf("emitted %q, received %q", got, in[:n])
		}
		m.SetVersion(httpmsg.HTTP10)
		m.AddHeaderString("x-added", "1")
		out := m.AppendHead(nil)
		if m.Body == httpmsg.Chunked {
			return // not legal in HTTP/1.0
		}
		p := &Parser{Limits: Limits{MaxFields: 11}}
		if k, err := p.Request(&again, out); err != nil || k != len(out) {
			t.Fatalf("edited head %q: %d, %v", out, k, err)
		}
	})
}
