package connection_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	"github.com/fairleadproxy/fairlead/core/proxyproto"
	"github.com/fairleadproxy/fairlead/core/session"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/connection"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

const none = fetchtest.None

func TestAddresses(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	e.Conn.Bind, e.Conn.BindID, e.Conn.Proxied = "web", 3, true
	e.Conn.TLVs = told(t)
	sc := fetchtest.Scope(t, expr.TCPConnection)
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"src", "192.0.2.1"}, {"src_port", "1234"}, {"dst", "198.51.100.1"}, {"dst_port", "80"},
		{"fc_src", "192.0.2.9"}, {"fc_src_port", "4321"}, {"fc_dst", "198.51.100.9"}, {"fc_dst_port", "81"},
		{"src_is_local", "0"}, {"dst_is_local", "0"}, {"fc_src_is_local", "0"}, {"fc_dst_is_local", "0"},
		{"so_id", "3"}, {"so_name", "web"}, {"fc_rcvd_proxy", "1"}, {"fc_pp_authority", "example.com"}, {"fc_pp_unique_id", "abc"}, {"fc_err", "0"}, {"fc_http_major", "1"},
		{"accept_date", "1777636740"}, {"accept_date(ms)", "1777636740000"}, {"accept_date(us)", "1777636740000000"},
	})
	fetchtest.Hold(t, sc, e, true, "{ src 192.0.2.0/24 }", "!LOCALHOST", "{ dst_port 80 }")
	e.Conn.Src = netip.MustParseAddrPort("[::ffff:127.0.0.1]:9")
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"src", "127.0.0.1"}, {"src_is_local", "1"}})
	fetchtest.Hold(t, sc, e, true, "LOCALHOST")
}

// told makes the TLVs of a PROXY protocol header.
func told(t *testing.T) (b []byte) {
	t.Helper()
	inner := tlv(t, nil, proxyproto.SubtypeSSLCN, "client")
	b = tlv(t, b, proxyproto.TypeAuthority, "example.com")
	b = tlv(t, b, proxyproto.TypeUniqueID, "abc")
	b, err := proxyproto.AppendSSL(b, proxyproto.SSL{Client: proxyproto.ClientSSL, TLVs: inner})
	if err != nil {
		t.Fatal(err)
	}
	b = tlv(t, b, 0xe0, "one")
	return tlv(t, b, 0xe0, "two")
}

func tlv(t *testing.T, b []byte, typ byte, value string) []byte {
	t.Helper()
	b, err := proxyproto.AppendTLV(b, typ, value)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What a PROXY protocol header told is found by number and name, all of it.
func TestTLVs(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	e.Conn.TLVs = told(t)
	sc := fetchtest.Scope(t, expr.TCPSession)
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"fc_pp_tlv(2)", "example.com"}, {"fc_pp_tlv(0x02)", "example.com"}, {"fc_pp_tlv(AUTHORITY)", "example.com"}, {"fc_pp_tlv(UNIQUE_ID)", "abc"},
		{"fc_pp_tlv(SSL_CN)", "client"}, {"fc_pp_tlv(0x20),hex", "0100000000220006636C69656E74"}, {"fc_pp_tlv(0xe0)", "one"},
		{"fc_pp_tlv(ALPN)", none}, {"fc_pp_tlv(SSL_VERSION)", none}, {"fc_pp_tlv(255)", none},
	})
	fetchtest.Hold(t, sc, e, true, "{ fc_pp_tlv(224) two }", "{ fc_pp_tlv(224) one }")
	fetchtest.Hold(t, sc, e, false, "{ fc_pp_tlv(224) three }")
	for _, bad := range []string{"fc_pp_tlv", "fc_pp_tlv()", "fc_pp_tlv(256)", "fc_pp_tlv(authority)", "fc_pp_tlv(-1)", "fc_pp_tlv(0xfff)"} {
		if _, err := expr.ParseExpr(sc, bad); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestUnixSocketsHaveNoAddresses(t *testing.T) {
	e := &expr.Env{Conn: &session.Conn{Protocol: "unix"}}
	fetchtest.Run(t, fetchtest.Scope(t, expr.TCPConnection), e, []fetchtest.Case{
		{"src", none}, {"src_port", none}, {"dst", none}, {"dst_port", none}, {"fc_src", none}, {"src_is_local", none}, {"so_name", none}, {"fc_rcvd_proxy", "0"}, {"fc_pp_authority", none},
		{"accept_date", none},
	})
	fetchtest.Hold(t, fetchtest.Scope(t, expr.TCPConnection), e, false, "LOCALHOST", "{ src 0.0.0.0/0 }")
}

func TestServerSide(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	e.Stream.Server = "<NOSRV>"
	sc := fetchtest.Scope(t, expr.HTTPResponse)
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_dst", none}, {"bc_dst_port", none}, {"bc_src", none}, {"bc_src_port", none}, {"bc_http_major", none}})
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_err", none}, {"bc_err_name", none}, {"bc_err_str", none}, {"bc_reused", none}})
	e.Stream.Server = "a"
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_err", "0"}, {"bc_err_name", ""}, {"bc_err_str", "Success"}, {"bc_reused", "0"}})
	e.Stream.ServerErr, e.Stream.ServerReused = session.SSLOtherName, true
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_err", "33"}, {"bc_err_name", "SSL_MISMATCH_SNI"}, {"bc_reused", "1"}})
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_dst", none}, {"bc_http_major", "1"}}) // by a UNIX socket
	e.Stream.ServerAddr = netip.MustParseAddrPort("[2001:db8::1]:8080")
	e.Stream.BackendSrc = netip.MustParseAddrPort("[2001:db8::2]:5000")
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_dst", "2001:db8::1"}, {"bc_dst_port", "8080"}, {"bc_src", "2001:db8::2"}, {"bc_src_port", "5000"}, {"bc_http_major", "1"}})
	if _, err := expr.ParseExpr(sc.In(expr.HTTPRequest), "bc_dst"); err == nil {
		t.Error("bc_dst is accepted before there is a server")
	}
}

func TestVersionOfHTTP(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	sc := fetchtest.Scope(t, expr.Log)
	for alpn, want := range map[string]string{"": "1", "h2": "2", "h3": "3"} {
		e.Conn.TLS = &session.TLS{ALPN: alpn}
		fetchtest.Run(t, sc, e, []fetchtest.Case{{"fc_http_major", want}})
	}
	e.Req = &httpmsg.Message{Version: httpmsg.HTTP10}
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"fc_http_major", "1"}})
}

func TestTimers(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	s := e.Stream
	ms := time.Millisecond
	s.Handshake, s.Idle, s.Request, s.Queue, s.Connect, s.Response = -1, -1, -1, -1, -1, -1
	sc := fetchtest.Scope(t, expr.Log)
	unset := []fetchtest.Case{}
	for _, name := range []string{"fc.timer.handshake", "fc.timer.total", "req.timer.idle", "req.timer.hdr", "req.timer.tq", "req.timer.queue", "bc.timer.connect",
		"res.timer.hdr", "res.timer.data", "txn.timer.total", "txn.timer.user"} {
		unset = append(unset, fetchtest.Case{name, "-1"})
	}
	fetchtest.Run(t, sc, e, unset)
	s.Begin = e.Now
	s.Handshake, s.Idle, s.Request, s.Queue, s.Connect, s.Response, s.Total = 1*ms, 20*ms, 300*ms, 4000*ms, 50000*ms, 600000*ms, 7000000*ms
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"fc.timer.handshake", "1"}, {"req.timer.idle", "20"}, {"req.timer.hdr", "300"}, {"req.timer.tq", "321"}, {"req.timer.queue", "4000"}, {"bc.timer.connect", "50000"},
		{"res.timer.hdr", "600000"}, {"fc.timer.total", "7000000"}, {"txn.timer.total", "6999979"}, {"txn.timer.user", "6999980"}, {"res.timer.data", "6345679"},
		{"accept_date", "1777636800"}, {"request_date", "1777636800"}, {"request_date(ms)", "1777636800021"}, {"request_date(us)", "1777636800021000"},
	})
	if _, err := expr.ParseExpr(sc, "request_date(min)"); err == nil {
		t.Error("the unit min is accepted")
	}
}

func TestStream(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	s := e.Stream
	sc := fetchtest.Scope(t, expr.Log)
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"txn.sess_term_state", "--"}, {"txn.redispatched", "0"}})
	s.BytesIn, s.BytesOut, s.Retries, s.Redispatched, s.BackendQueue, s.SrvQueue, s.Term = 10, 20, 3, true, 4, 5, [4]byte{'s', 'Q', '-', '-'}
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"bytes_in", "10"}, {"req.bytes_in", "10"}, {"bytes_out", "20"}, {"res.bytes_out", "20"}, {"txn.conn_retries", "3"}, {"txn.redispatched", "1"},
		{"bc_be_queue", "4"}, {"bc_srv_queue", "5"}, {"txn.sess_term_state", "sQ"},
	})
}

func TestNoPanics(t *testing.T) {
	if n := fetchtest.Bare(t, map[string]string{"fc_pp_tlv": "(2)"}); n < 500 {
		t.Errorf("only %d evaluations", n)
	}
}

func TestAllocations(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	e.Conn.TLVs = told(t)
	fetchtest.NoAllocations(t, fetchtest.Scope(t, expr.Log), e, "fc_pp_authority", "fc_pp_tlv(SSL_CN)", "src", "src_port", "dst", "fc_src", "so_name", "accept_date(ms)", "req.timer.hdr", "bytes_in", "txn.sess_term_state", "src_is_local")
}
