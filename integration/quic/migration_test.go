package quic

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// The test binary is also the origin and the client, in their namespaces:
//
//	quic.test serve ADDRESS            answers with size bytes
//	quic.test fetch URL                fetches them
//	quic.test move URL FROM TO         fetches them, and changes its address from one to the other half-way
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "serve":
		err = serve(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "fetch":
		err = fetch(os.Args[2])
	case len(os.Args) == 5 && os.Args[1] == "move":
		err = move(os.Args[2], os.Args[3], os.Args[4])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// size is what is downloaded, in bytes.
const size = 100 << 20

func serve(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("serving")
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(lab.Pattern(size)) }))
}

func fetch(url string) error {
	c := &http.Client{Transport: &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, Timeout: 60 * time.Second}
	res, err := c.Get(url)
	if err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, res.Body)
	fmt.Printf("size=%d hash=%x\n", n, sum.Sum(nil))
	return err
}

// move downloads over one path until half has come, then over another.
func move(url, from, to string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	first, err := transport(from)
	if err != nil {
		return err
	}
	second, err := transport(to)
	if err != nil {
		return err
	}
	var conn *quic.Conn
	tr := &http3.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		Dial: func(ctx context.Context, addr string, tc *tls.Config, qc *quic.Config) (*quic.Conn, error) {
			a, err := net.ResolveUDPAddr("udp", addr)
			if err != nil {
				return nil, err
			}
			conn, err = first.Dial(ctx, a, tc, qc)
			return conn, err
		},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := tr.RoundTrip(r)
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(sum, res.Body, size/2); err != nil {
		return err
	}
	path, err := conn.AddPath(second)
	if err != nil {
		return err
	}
	if err := path.Probe(ctx); err != nil {
		return fmt.Errorf("probing the second path: %w", err)
	}
	if err := path.Switch(); err != nil {
		return err
	}
	fmt.Println("moved to", to)
	n, err := io.Copy(sum, res.Body)
	fmt.Printf("rest=%d error=%v hash=%x\n", n, err, sum.Sum(nil))
	return err
}

func transport(address string) (*quic.Transport, error) {
	c, err := net.ListenPacket("udp4", address+":0")
	return &quic.Transport{Conn: c}, err
}

// startIn starts the origin and Fairlead before it in a namespace.
func startIn(t *testing.T, namespace, address string) {
	t.Helper()
	origin := lab.StartIn(t, namespace, os.Args[0], "serve", "127.0.0.1:9000")
	lab.Until(t, 10*time.Second, "the origin listens", func() bool { return strings.Contains(origin.Output(), "serving") })
	dir := t.TempDir()
	config := filepath.Join(dir, "lb.toml")
	lab.Write(t, config, `
[global]
stats-socket = "`+filepath.Join(dir, "admin.sock")+`"
[defaults]
mode = "http"
timeout = { connect = "5s", client = "30s", server = "30s" }
[listen.web]
bind = { address = "quic@`+address+`", tls = "`+lab.Certificate(t)+`" }
servers = ["127.0.0.1:9000"]
`)
	f := lab.StartIn(t, namespace, lab.Binary(t), "run", "--config", config)
	lab.Until(t, 10*time.Second, "fairlead listens", func() bool { return strings.Contains(f.Output(), " listens at ") })
}

// TestClientMoves has a client in a namespace change its address in the middle
// of a download, as a phone does that leaves one network for another; the first
// network goes down.
func TestClientMoves(t *testing.T) {
	lab.Need(t, "tc")
	client, server := lab.Namespace(t), lab.Namespace(t)
	for i, net := range []string{"10.9.1.", "10.9.2."} {
		c, s := fmt.Sprintf("c%d", i+1), fmt.Sprintf("s%d", i+1)
		lab.In(t, client, "ip", "link", "add", c, "type", "veth", "peer", "name", s, "netns", server)
		lab.In(t, client, "ip", "addr", "add", net+"2/24", "dev", c)
		lab.In(t, server, "ip", "addr", "add", net+"1/24", "dev", s)
		lab.In(t, client, "ip", "link", "set", c, "up")
		lab.In(t, server, "ip", "link", "set", s, "up")
		lab.In(t, server, "tc", "qdisc", "add", "dev", s, "root", "tbf", "rate", "300mbit", "burst", "256kb", "latency", "50ms")
	}
	lab.In(t, client, "ip", "rule", "add", "from", "10.9.2.2", "table", "2")
	lab.In(t, client, "ip", "route", "add", "default", "via", "10.9.2.1", "dev", "c2", "table", "2")

	startIn(t, server, "10.9.1.1:4433")
	p := lab.StartIn(t, client, os.Args[0], "move", "https://10.9.1.1:4433/", "10.9.1.2", "10.9.2.2")
	lab.Until(t, 40*time.Second, "the client has moved", func() bool { return strings.Contains(p.Output(), "moved") })
	lab.In(t, client, "ip", "link", "set", "c1", "down")
	if code := p.Wait(t, 60*time.Second); code != 0 {
		t.Fatalf("the client failed:\n%s", p.Output())
	}
	if want := fmt.Sprintf("error=<nil> hash=%x", sha256.Sum256(lab.Pattern(size))); !strings.Contains(p.Output(), want) {
		t.Errorf("the client wrote\n%s, want %s", p.Output(), want)
	}
}

// TestSmallPackets has a path that carries no larger packets than every path must
// (RFC 9000 section 14), and one that carries large ones.
func TestSmallPackets(t *testing.T) {
	for _, mtu := range []string{"1280", "9000"} {
		client, server := lab.Namespace(t), lab.Namespace(t)
		lab.In(t, client, "ip", "link", "add", "c", "mtu", mtu, "type", "veth", "peer", "name", "s", "mtu", mtu, "netns", server)
		lab.In(t, client, "ip", "addr", "add", "10.9.3.2/24", "dev", "c")
		lab.In(t, server, "ip", "addr", "add", "10.9.3.1/24", "dev", "s")
		lab.In(t, client, "ip", "link", "set", "c", "up")
		lab.In(t, server, "ip", "link", "set", "s", "up")
		startIn(t, server, "10.9.3.1:4433")
		p := lab.StartIn(t, client, os.Args[0], "fetch", "https://10.9.3.1:4433/")
		if code := p.Wait(t, 60*time.Second); code != 0 || !strings.Contains(p.Output(), fmt.Sprintf("size=%d hash=%x", size, sha256.Sum256(lab.Pattern(size)))) {
			t.Errorf("packets of %s bytes: the client wrote\n%s", mtu, p.Output())
		}
	}
}
