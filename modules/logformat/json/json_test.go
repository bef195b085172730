package json

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/session"
)

// full gives the facts of a request with all that can be logged.
func full() *expr.Env {
	conn := &session.Conn{
		Src: netip.MustParseAddrPort("10.0.1.2:33317"), Dst: netip.MustParseAddrPort("[::ffff:10.0.3.31]:443"),
		Protocol: "mptcp",
		TLS:      &session.TLS{Version: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256", SNI: "1wt.eu", ALPN: "h2", Resumed: true},
	}
	ms := time.Millisecond
	s := &session.Stream{
		Conn: conn, Frontend: "web", Backend: "app", Server: "srv1",
		ServerAddr: netip.MustParseAddrPort("[2001:db8::1]:8080"),
		Begin:      time.Date(2009, 2, 6, 13, 14, 14, 655012345, time.FixedZone("", 3600)),
		Handshake:  5 * ms, Idle: 3 * ms, Request: 10 * ms, Queue: 0, Connect: 30*ms + 999*time.Microsecond,
		Response: 69 * ms, Total: 117 * ms,
		Status: 200, BytesOut: 2750, BytesIn: 120, Retries: 1, Redispatched: true,
		Term: [4]byte{'-', '-', 'V', 'N'}, ActConn: 4, FeConn: 3, BeConn: 2, SrvConn: 1, SrvQueue: 6, BackendQueue: 7,
		UniqueID: "id-1", HTTP: true, RequestLine: []byte(`GET /a?q="x" HTTP/1.1`),
		CapturedReq: [][]byte{[]byte("1wt.eu"), nil}, CapturedRes: [][]byte{[]byte("a\tb\\\x01\x7f")},
	}
	return &expr.Env{Phase: expr.Log, Conn: conn, Stream: s}
}

func line(t *testing.T, e *expr.Env) string {
	t.Helper()
	f, err := New(module.NewContext(module.ContextOptions{}), Config{})
	if err != nil {
		t.Fatal(err)
	}
	got := string(f.Append(nil, e))
	if !json.Valid([]byte(got)) || strings.ContainsAny(got, "\n\r") {
		t.Errorf("not one line of JSON: %s", got)
	}
	return got
}

func TestHTTP(t *testing.T) {
	want := `{"date":"2009-02-06T12:14:14.655012Z","client_ip":"10.0.1.2","client_port":33317,` +
		`"frontend_ip":"10.0.3.31","frontend_port":443,"protocol":"mptcp",` +
		`"frontend_name":"web","backend_name":"app","server_name":"srv1","server_ip":"2001:db8::1","server_port":8080,` +
		`"Th":5,"Ti":3,"TR":10,"Tw":0,"Tc":30,"Tr":69,"Ta":109,"Tt":117,"bytes_read":2750,"bytes_uploaded":120,` +
		`"termination_state":"--VN","actconn":4,"feconn":3,"beconn":2,"srv_conn":1,"retries":1,"redispatched":true,` +
		`"srv_queue":6,"backend_queue":7,"unique_id":"id-1",` +
		`"ssl_version":"TLSv1.3","ssl_ciphers":"TLS_AES_128_GCM_SHA256","ssl_sni":"1wt.eu","ssl_alpn":"h2","ssl_resumed":true,` +
		`"status_code":200,"http_method":"GET","http_uri":"/a?q=\"x\"","http_version":"HTTP/1.1",` +
		`"captured_request_headers":["1wt.eu",null],"captured_response_headers":["a\tb\\\u0001\u007f"]}`
	if got := line(t, full()); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestTCP(t *testing.T) {
	e := full()
	e.Conn.TLS = nil
	e.Conn.Src, e.Conn.Dst = netip.AddrPort{}, netip.AddrPort{}
	e.Conn.Protocol = "unix"
	s := e.Stream
	s.HTTP, s.UniqueID, s.ServerAddr, s.Server = false, "", netip.AddrPort{}, "<NOSRV>"
	s.Handshake, s.Queue, s.Connect, s.Total = 0, -1, -time.Millisecond, 5007*time.Millisecond
	s.Term = [4]byte{'C', 'C', '-', '-'}
	want := `{"date":"2009-02-06T12:14:14.655012Z","protocol":"unix","frontend_name":"web","backend_name":"app",` +
		`"server_name":"<NOSRV>","Th":0,"Tw":-1,"Tc":-1,"Tt":5007,"bytes_read":2750,"bytes_uploaded":120,` +
		`"termination_state":"CC","actconn":4,"feconn":3,"beconn":2,"srv_conn":1,"retries":1,"redispatched":true,` +
		`"srv_queue":6,"backend_queue":7}`
	if got := line(t, e); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestPartial(t *testing.T) {
	e := full()
	e.Stream.RequestLine = []byte("<BADREQ>")
	if got := line(t, e); !strings.Contains(got, `"status_code":200,"http_request":"<BADREQ>","captured`) {
		t.Errorf("a request that was not understood gives %s", got)
	}
	e = full()
	e.Stream = nil
	e.Conn.Accepted = time.Unix(1, 0)
	if got := line(t, e); !strings.HasPrefix(got, `{"date":"1970-01-01T00:00:01.000000Z","client_ip":`) {
		t.Errorf("a connection without a stream gives %s", got)
	}
	if got := line(t, &expr.Env{Now: time.Unix(2, 0)}); got != `{"date":"1970-01-01T00:00:02.000000Z"}` {
		t.Errorf("nothing known gives %s", got)
	}
}

func TestAppendAllocates(t *testing.T) {
	e := full()
	f := format{}
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(1000, func() { buf = f.Append(buf[:0], e) }); n != 0 {
		t.Errorf("Append allocates %v times, want 0", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	e := full()
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = format{}.Append(buf[:0], e)
	}
}

// What comes out is what went in, as far as JSON can carry it.
func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x1f\x7f\"\\/", "é€😀", "\xff\xc3", "a\xed\xa0\x80b", "\u2028\ufffd"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, v []byte) {
		out := appendString(nil, v)
		var got string
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q gives %s: %v", v, out, err)
		}
		if want := strings.ToValidUTF8(string(v), "\ufffd"); utf8.Valid(v) && got != want {
			t.Errorf("%q comes back as %q", v, got)
		}
		if want := string([]rune(string(v))); got != want { // one U+FFFD for each byte that is wrong
			t.Errorf("%q comes back as %q, want %q", v, got, want)
		}
		if i := bytes.IndexFunc(out, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
			t.Errorf("%q gives a control character: %q", v, out)
		}
		if s := appendString(nil, string(v)); !bytes.Equal(s, out) {
			t.Errorf("as a string %s, as bytes %s", s, out)
		}
	})
}
