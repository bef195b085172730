package connection_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	"github.com/fairleadproxy/fairlead/core/session"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/connection"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

const none = fetchtest.None

func TestAddresses(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	e.Conn.Bind, e.Conn.BindID, e.Conn.Proxied, e.Conn.Authority, e.Conn.UniqueID = "web", 3, true, "example.com", "abc"
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
	e.Stream.Server = "a"
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_dst", none}, {"bc_http_major", "1"}}) // by a UNIX socket
	e.Stream.ServerAddr = netip.MustParseAddrPort("[2001:db8::1]:8080")
	e.Stream.BackendSrc = netip.MustParseAddrPort("[2001:db8::2]:5000")
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"bc_dst", "2001:db8::1"}, {"bc_dst_port", "8080"}, {"bc_src", "2001:db8::2"}, {"bc_src_port", "5000"}, {"bc_http_major", "1"}})
	if _, err := expr.ParseExpr(sc.In(expr.HTTPRequest), "bc_dst"); err == nil {
		t.Error("bc_dst is accepted before there is a server")
	}
}

func TestTLS(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	sc := fetchtest.Scope(t, expr.Log)
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"ssl_fc", "0"}, {"ssl_fc_is_resumed", "0"}, {"ssl_fc_has_sni", "0"}, {"ssl_fc_sni", none}, {"ssl_fc_protocol", none}, {"ssl_fc_cipher", none}, {"ssl_fc_alpn", none},
		{"ssl_fc_err", none}, {"ssl_c_err", none}, {"ssl_c_ca_err", none},
	})
	e.Conn.TLS = &session.TLS{Version: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256", SNI: "example.com", ALPN: "h2", Resumed: true}
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"ssl_fc", "1"}, {"ssl_fc_is_resumed", "1"}, {"ssl_fc_has_sni", "1"}, {"ssl_fc_sni", "example.com"}, {"ssl_fc_protocol", "TLSv1.3"},
		{"ssl_fc_cipher", "TLS_AES_128_GCM_SHA256"}, {"ssl_fc_alpn", "h2"}, {"ssl_fc_err", "0"}, {"ssl_c_err", "0"}, {"ssl_c_ca_err", "0"}, {"fc_http_major", "2"},
	})
	e.Conn.TLS.ALPN = "h3"
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"fc_http_major", "3"}})
	e.Req = &httpmsg.Message{Version: httpmsg.HTTP10}
	fetchtest.Run(t, sc, e, []fetchtest.Case{{"fc_http_major", "1"}})
	if _, err := expr.ParseExpr(sc.In(expr.TCPConnection), "ssl_fc"); err == nil {
		t.Error("ssl_fc is accepted before TLS is set up")
	}
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
	if n := fetchtest.Bare(t, nil); n < 1000 {
		t.Errorf("only %d evaluations", n)
	}
}

func TestAllocations(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	e.Conn.TLS = &session.TLS{SNI: "example.com"}
	fetchtest.NoAllocations(t, fetchtest.Scope(t, expr.Log), e, "src", "src_port", "dst", "fc_src", "ssl_fc", "ssl_fc_sni", "so_name", "accept_date(ms)", "req.timer.hdr", "bytes_in", "txn.sess_term_state", "src_is_local")
}

// Certificates are compared with HAProxy in integration/tls; here are the corners.
func TestCertificates(t *testing.T) {
	e := fetchtest.Env(t, "", "")
	sc := fetchtest.Scope(t, expr.Log)
	e.Conn.TLS = &session.TLS{}
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"ssl_c_used", "0"}, {"ssl_c_s_dn", none}, {"ssl_c_serial,hex", none}, {"ssl_c_version", none}, {"ssl_f_s_dn", none}, {"ssl_fc_ja4", none}, {"ssl_fc_cipherlist_bin", none}, {"ssl_c_verify", "0"},
		{"ssl_bc", "0"}, {"ssl_bc_protocol", none}, {"ssl_s_der", none},
	})
	name := pkix.Name{Names: []pkix.AttributeTypeAndValue{
		{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: "DE"}, {Type: asn1.ObjectIdentifier{1, 2, 3, 4}, Value: "x"}, {Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: " a,b#"},
	}}
	crt := &x509.Certificate{SerialNumber: big.NewInt(0x80), Subject: name, Version: 3, SignatureAlgorithm: x509.PureEd25519}
	e.Conn.TLS.Peer = []*x509.Certificate{crt}
	e.Conn.TLS.Hello = &session.Hello{Ciphers: []uint16{0x0a0a, 0x1301}, Versions: []uint16{0x0304}, SNI: true}
	e.Stream.ServerTLS = &session.TLS{Version: "TLSv1.2", Cipher: "ECDHE-RSA-AES128-SHA256", Peer: []*x509.Certificate{crt}}
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"ssl_c_used", "1"}, {"ssl_c_serial,hex", "0080"}, {"ssl_c_s_dn", "/C=DE/1.2.3.4=x/CN= a,b#"}, {"ssl_c_s_dn(,0,rfc2253)", "CN=\\ a\\,b#,1.2.3.4=x,C=DE"}, {"ssl_c_s_dn(1.2.3.4)", "x"},
		{"ssl_c_s_dn(cn,-1)", " a,b#"}, {"ssl_c_s_dn(CN,2)", none}, {"ssl_c_sig_alg", "ED25519"}, {"ssl_fc_cipherlist_hex", "0A0A1301"}, {"ssl_fc_cipherlist_bin(1),hex", "1301"},
		{"ssl_bc", "1"}, {"ssl_bc_alg_keysize", "128"}, {"ssl_s_serial,hex", "0080"}, {"ssl_s_s_dn(C)", "DE"},
	})
	for _, wrong := range []string{"ssl_c_s_dn(XX)", "ssl_c_s_dn(CN,1,rfc1)", "ssl_fc_cipherlist_bin(2)"} {
		if _, err := expr.ParseExpr(sc, wrong); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
	fetchtest.NoAllocations(t, sc, e, "ssl_c_serial", "ssl_c_sha1,hex", "ssl_c_s_dn", "ssl_c_s_dn(CN)", "ssl_c_notafter", "ssl_fc_ja4", "ssl_fc_cipherlist_hex", "ssl_bc_protocol")
}
