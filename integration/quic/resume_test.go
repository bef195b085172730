package quic

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// TestEarlyDataAfterReload has a client resume the session that it had before a reload
// with early data, if the new configuration takes them.
func TestEarlyDataAfterReload(t *testing.T) {
	f := &proxied{port: lab.Port(t), cert: lab.Certificate(t)}
	config := func(early string) string {
		f.cert = lab.Certificate(t)
		return `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "30s", server = "30s" }
[listen.web]
bind = { address = "quic@127.0.0.1:` + f.port + `", tls = { crt = "` + f.cert + `", allow-0rtt = ` + early + ` } }
http-request = [ { do = "return", status = 200, lf-string = "%[ssl_fc_early_rcvd]", content-type = "text/plain" } ]
`
	}
	f.proc = lab.Fairlead(t, config("true"))
	sessions := tls.NewLRUClientSessionCache(10)
	early(t, sessions, "https://127.0.0.1:"+f.port)
	reload(t, f.proc, config("true"))
	if _, body, used := early(t, sessions, farFrom(t, f.port, far).url()); !used || body != "1" {
		t.Errorf("0-RTT was used: %v, the answer is %q", used, body)
	}
	reload(t, f.proc, config("false"))
	q, err := quic.DialAddrEarly(t.Context(), "127.0.0.1:"+f.port, &tls.Config{
		InsecureSkipVerify: true, ServerName: "localhost", ClientSessionCache: sessions, NextProtos: []string{http3.NextProtoH3},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer q.CloseWithError(0, "")
	<-q.HandshakeComplete()
	if s := q.ConnectionState(); s.Used0RTT || !s.TLS.DidResume {
		t.Errorf("where early data are not taken any more: 0-RTT was used: %v, the session was resumed: %v", s.Used0RTT, s.TLS.DidResume)
	}
}

// TestRetryAfterReload has a client that has proved its address once come again, before
// and after a reload: it does not have to prove it anew.
func TestRetryAfterReload(t *testing.T) {
	f := &proxied{port: lab.Port(t), cert: lab.Certificate(t)}
	config := func() string {
		return `
[defaults]
mode = "http"
timeout = { connect = "20s", client = "30s", server = "30s" }
[frontend.web]
bind = { address = "quic@127.0.0.1:` + f.port + `", tls = "` + f.cert + `", quic-force-retry = true }
`
	}
	f.proc = lab.Fairlead(t, config())
	tokens := &tokenStore{TokenStore: quic.NewLRUTokenStore(1, 10), put: make(chan struct{}, 10)}
	to, err := net.ResolveUDPAddr("udp", "127.0.0.1:"+f.port)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	tr := &quic.Transport{Conn: c}
	t.Cleanup(func() { tr.Close() })
	for i, want := range []int{1, 0, 0} {
		if i == 2 {
			reload(t, f.proc, config())
		}
		s := &seen{}
		q, err := tr.Dial(t.Context(), to, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{http3.NextProtoH3}}, &quic.Config{TokenStore: tokens, Tracer: s.trace})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-tokens.put:
		case <-time.After(20 * time.Second):
			t.Fatal("no token came")
		}
		q.CloseWithError(0, "")
		<-q.Context().Done()
		if s.retries != want {
			t.Errorf("connection %d: the client had to prove its address %d times, want %d", i+1, s.retries, want)
		}
	}
}

// tokenStore tells of each token that comes.
type tokenStore struct {
	quic.TokenStore
	put chan struct{}
}

func (s *tokenStore) Put(key string, token *quic.ClientToken) {
	s.TokenStore.Put(key, token)
	s.put <- struct{}{}
}
