package tls_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/fetchtest"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/tls"
	_ "github.com/fairleadproxy/fairlead/modules/matcher/standard"
)

const none = fetchtest.None

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
		{"ssl_fc_cipher", "TLS_AES_128_GCM_SHA256"}, {"ssl_fc_alpn", "h2"}, {"ssl_fc_err", "0"}, {"ssl_c_err", "0"}, {"ssl_c_ca_err", "0"},
	})
	if _, err := expr.ParseExpr(sc.In(expr.TCPConnection), "ssl_fc"); err == nil {
		t.Error("ssl_fc is accepted before TLS is set up")
	}
}

func TestNoPanics(t *testing.T) {
	if n := fetchtest.Bare(t, nil); n < 500 {
		t.Errorf("only %d evaluations", n)
	}
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
	policy, err := x509.OIDFromInts([]uint64{2, 23, 140, 1, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	other, err := x509.OIDFromInts([]uint64{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	crt := &x509.Certificate{Policies: []x509.OID{policy, other}, SerialNumber: big.NewInt(0x80), Subject: name, Version: 3, SignatureAlgorithm: x509.PureEd25519}
	e.Conn.TLS.CertName = "/etc/site.pem"
	e.Conn.TLS.Certs = &secure.Certificates{Peer: []*x509.Certificate{crt}}
	e.Conn.TLS.Hello = &session.Hello{Ciphers: []uint16{0x0a0a, 0x1301}, Versions: []uint16{0x0304}, SNI: true}
	e.Stream.ServerTLS = &session.TLS{Version: "TLSv1.2", Cipher: "ECDHE-RSA-AES128-SHA256", Certs: &secure.Certificates{Peer: []*x509.Certificate{crt}}}
	fetchtest.Run(t, sc, e, []fetchtest.Case{
		{"ssl_c_used", "1"}, {"ssl_c_serial,hex", "0080"}, {"ssl_c_s_dn", "/C=DE/1.2.3.4=x/CN= a,b#"}, {"ssl_c_s_dn(,0,rfc2253)", "CN=\\ a\\,b#,1.2.3.4=x,C=DE"}, {"ssl_c_s_dn(1.2.3.4)", "x"},
		{"ssl_c_s_dn(cn,-1)", " a,b#"}, {"ssl_c_s_dn(CN,2)", none}, {"ssl_c_sig_alg", "ED25519"}, {"ssl_fc_cipherlist_hex", "0A0A1301"}, {"ssl_fc_cipherlist_bin(1),hex", "1301"},
		{"ssl_c_policies", "2.23.140.1.2.1,1.2.3"}, {"ssl_fc_crtname", "/etc/site.pem"}, {"ssl_c_r_dn", none}, {"ssl_fc_session_id", none}, {"ssl_fc_session_key", none},
		{"ssl_fc_cipherlist_str", "UNKNOWN(0a0a),TLS_AES_128_GCM_SHA256"}, {"ssl_fc_cipherlist_str(1)", "TLS_AES_128_GCM_SHA256"},
		{"ssl_bc", "1"}, {"ssl_bc_alg_keysize", "128"}, {"ssl_s_serial,hex", "0080"}, {"ssl_s_s_dn(C)", "DE"},
	})
	for _, wrong := range []string{"ssl_c_s_dn(XX)", "ssl_c_s_dn(CN,1,rfc1)", "ssl_fc_cipherlist_bin(2)"} {
		if _, err := expr.ParseExpr(sc, wrong); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
	fetchtest.NoAllocations(t, sc, e, "ssl_c_serial", "ssl_c_sha1,hex", "ssl_c_s_dn", "ssl_c_s_dn(CN)", "ssl_c_notafter", "ssl_fc_ja4", "ssl_fc_cipherlist_hex", "ssl_bc_protocol", "ssl_fc", "ssl_fc_sni")
}
