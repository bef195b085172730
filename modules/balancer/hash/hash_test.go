package hash

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
	"github.com/fairleadproxy/fairlead/modules/balancer/internal/hashing"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, balancer.Kind, "source", ``, `hash-type = "consistent"`)
	moduletest.Run(t, balancer.Kind, "uri", ``, `depth = 2`)
	moduletest.Run(t, balancer.Kind, "url_param", `name = "id"`)
	moduletest.Run(t, balancer.Kind, "hdr", `name = "Host"`)
	moduletest.Run(t, balancer.Kind, "hash", `key = "src"`)
}

func source(t testing.TB, c hashing.Config) balancer.Balancer {
	t.Helper()
	b, err := NewSource(nil, SourceConfig{c})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestLaws(t *testing.T) {
	for _, method := range []string{"map-based", "consistent"} {
		t.Run(method, func(t *testing.T) {
			balancertest.Laws(t, func() balancer.Balancer {
				return source(t, hashing.Config{HashType: method, Avalanche: true})
			}, balancertest.Options{Affinity: true})
		})
	}
}

func TestAffinity(t *testing.T) {
	for _, method := range []string{"map-based", "consistent"} {
		p := source(t, hashing.Config{HashType: method}).Update(balancertest.Set(balancertest.Servers(1, 1, 1)))
		for i := range 100 {
			r := balancertest.Client(i)
			first := p.Pick(r)
			for range 3 {
				if s := p.Pick(r); s != first {
					t.Fatalf("%s: client %d went to %s and %s", method, i, first.Name(), s.Name())
				}
			}
		}
	}
}

// The placement is HAProxy's: its map-based hash of a source address is the
// address's 32-bit words combined, modulo the sum of weights.
func TestSourceMap(t *testing.T) {
	p := source(t, hashing.Config{HashType: "map-based"}).Update(balancertest.Set(balancertest.Servers(1, 1, 1)))
	for _, c := range []struct{ addr, want string }{
		{"127.0.0.1", "s3"}, {"127.0.0.2", "s1"}, {"127.0.0.3", "s2"}, {"127.0.0.4", "s3"},
	} {
		// 127.0.0.1 is 0x7f000001, which is 2 modulo 3: the third place of the map.
		if s := p.Pick(&balancer.Request{Src: netip.MustParseAddr(c.addr)}); s.Name() != c.want {
			t.Errorf("%s went to %s, want %s", c.addr, s.Name(), c.want)
		}
	}
}

// The placement of header values is HAProxy 2.6's with the weights 1, 2 and 1.
func TestHeaderMap(t *testing.T) {
	b, err := NewHeader(nil, HeaderConfig{Name: "host"})
	if err != nil {
		t.Fatal(err)
	}
	p := b.Update(balancertest.Set(balancertest.Servers(1, 2, 1)))
	for value, want := range map[string]string{"a": "s2", "b": "s2", "c": "s3", "d": "s1", "e": "s2", "foo": "s2", "bar": "s3", "baz": "s3"} {
		if s := p.Pick(request(t, "/", value)); s.Name() != want {
			t.Errorf("%q went to %s, want %s", value, s.Name(), want)
		}
	}
}

// When a server leaves a ring, only its keys move.
func TestConsistent(t *testing.T) {
	b := source(t, hashing.Config{HashType: "consistent", Avalanche: true})
	all := balancertest.Servers(1, 1, 1, 1)
	before := b.Update(balancertest.Set(all))
	after := b.Update(balancertest.Set([]*balancertest.Server{all[0], all[1], all[3]}))
	moved := 0
	for i := range 1000 {
		was, is := before.Pick(balancertest.Client(i)), after.Pick(balancertest.Client(i))
		if was != is {
			moved++
			if was.Name() != "s3" {
				t.Fatalf("client %d moved from %s to %s though s3 left", i, was.Name(), is.Name())
			}
		}
	}
	if moved == 0 || moved > 500 {
		t.Errorf("%d of 1000 clients moved", moved)
	}
}

func TestBoundedLoad(t *testing.T) {
	list := balancertest.Servers(1, 1, 1, 1)
	p := source(t, hashing.Config{HashType: "consistent", HashBalanceFactor: 150}).Update(balancertest.Set(list))
	r := balancertest.Client(1) // one client that sends all the load
	for range 400 {
		p.Pick(r).(*balancertest.Server).InFlight++
	}
	for _, s := range list {
		if s.InFlight > 151 {
			t.Errorf("%s has %d of 400 streams, more than 1.5 times the mean", s.Label, s.InFlight)
		}
	}
}

// request gives a request with a target and a Host field.
func request(t *testing.T, target, host string) *balancer.Request {
	t.Helper()
	head := []byte("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
	m := &httpmsg.Message{}
	p := http1.Parser{Limits: http1.Limits{MaxFields: 101}}
	if n, err := p.Request(m, head); err != nil || n != len(head) {
		t.Fatalf("%d, %v", n, err)
	}
	return &balancer.Request{Env: &expr.Env{Req: m}}
}

func TestKeys(t *testing.T) {
	uri := func(c URIConfig) hashing.Key { return c.key }
	for _, c := range []struct {
		name, target, host string
		key                hashing.Key
		want               string
		ok                 bool
	}{
		{"uri", "/a/b?x=1", "h", uri(URIConfig{}), "/a/b", true},
		{"whole", "/a/b?x=1", "h", uri(URIConfig{Whole: true}), "/a/b?x=1", true},
		{"len", "/a/b?x=1", "h", uri(URIConfig{Len: 3}), "/a/", true},
		{"depth", "/a/b/c/d", "h", uri(URIConfig{Depth: 2}), "/a/b", true},
		{"path only", "http://h/a/b", "h", uri(URIConfig{PathOnly: true}), "/a/b", true},
		{"param", "/a?x=1&id=42", "h", (&ParamConfig{Name: "id"}).key, "42", true},
		{"no param", "/a?x=1", "h", (&ParamConfig{Name: "id"}).key, "", false},
		{"header", "/", "www.example.com:80", (&HeaderConfig{Name: "host"}).key, "www.example.com:80", true},
		{"domain", "/", "www.example.com:80", (&HeaderConfig{Name: "host", UseDomainOnly: true}).key, "example", true},
		{"no header", "/", "h", (&HeaderConfig{Name: "x-id"}).key, "", false},
	} {
		got, ok := c.key(nil, request(t, c.target, c.host))
		if string(got) != c.want || ok != c.ok {
			t.Errorf("%s: %q, %v; want %q, %v", c.name, got, ok, c.want, c.ok)
		}
	}
}

func TestWithoutKeyTurns(t *testing.T) {
	b, err := NewParam(nil, ParamConfig{Name: "id"})
	if err != nil {
		t.Fatal(err)
	}
	p := b.Update(balancertest.Set(balancertest.Servers(1, 1)))
	r := request(t, "/", "h")
	if a, b := p.Pick(r), p.Pick(r); a == b {
		t.Errorf("two requests without the parameter both went to %s", a.Name())
	}
}

func BenchmarkSource(b *testing.B) {
	p := source(b, hashing.Config{HashType: "consistent"}).Update(balancertest.Set(balancertest.Servers(10, 10, 10)))
	r := balancertest.Client(7)
	b.ReportAllocs()
	for b.Loop() {
		p.Pick(r)
		r.Env.Recycle()
	}
}

// A pick allocates nothing, however long the key.
func TestAllocations(t *testing.T) {
	r := request(t, "/"+strings.Repeat("long/", 500)+"?id="+strings.Repeat("x", 900), strings.Repeat("h", 400))
	for name, make := range map[string]func() (balancer.Balancer, error){
		"uri":       func() (balancer.Balancer, error) { return NewURI(nil, URIConfig{Whole: true}) },
		"url_param": func() (balancer.Balancer, error) { return NewParam(nil, ParamConfig{Name: "id"}) },
		"hdr":       func() (balancer.Balancer, error) { return NewHeader(nil, HeaderConfig{Name: "host"}) },
		"consistent": func() (balancer.Balancer, error) {
			return NewURI(nil, URIConfig{Config: hashing.Config{HashType: "consistent", HashBalanceFactor: 150}})
		},
	} {
		b, err := make()
		if err != nil {
			t.Fatal(err)
		}
		p := b.Update(balancertest.Set(balancertest.Servers(3, 1, 2)))
		if n := testing.AllocsPerRun(100, func() { p.Pick(r); r.Env.Recycle() }); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}
