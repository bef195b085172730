package maglev

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/balancertest"
	"github.com/fairleadproxy/fairlead/core/session"
	_ "github.com/fairleadproxy/fairlead/modules/standard/tcp"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, balancer.Kind, "maglev", ``, `size = 251`, `key = "src"`)
}

func TestLaws(t *testing.T) {
	for _, key := range []string{"", "src"} {
		t.Run("key "+key, func(t *testing.T) {
			balancertest.Laws(t, func() balancer.Balancer { return maglev(t, key, 65537) }, balancertest.Options{Affinity: true})
		})
	}
	t.Run("fewer places than servers", func(t *testing.T) {
		p := maglev(t, "", 3).Update(balancertest.Set(balancertest.Servers(1, 1, 1, 1, 1)))
		for i := range 20 {
			r := balancertest.Client(i)
			if r.Avoid = p.Pick(r); r.Avoid == nil || p.Pick(r) == r.Avoid {
				t.Fatalf("client %d: picked %v twice", i, r.Avoid)
			}
		}
	})
}

func maglev(t testing.TB, key string, size int) balancer.Balancer {
	t.Helper()
	b, err := New(nil, Config{Key: tree.Text{Value: key}, Size: size})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.(balancer.Compiler).Compile(expr.NewScope(module.Default(), expr.TCPContent)); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSize(t *testing.T) {
	for size, want := range map[int]string{3: "", 65537: "", 65536: "write 65537", 1000: "write 1009", 5000011: ""} {
		_, err := New(nil, Config{Size: size})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("size %d: %v, want %q", size, err, want)
		}
	}
}

func TestKeyError(t *testing.T) {
	b, err := New(nil, Config{Key: tree.Text{Value: "no_such_fetch"}, Size: 251})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.(balancer.Compiler).Compile(expr.NewScope(module.Default(), expr.TCPContent)); err == nil || !strings.Contains(err.Error(), "no_such_fetch") {
		t.Errorf("the error is %v", err)
	}
}

// shares counts the places of each server.
func shares(p balancer.Picker) []int {
	counts := make([]int, len(p.(*picker).servers))
	for _, i := range p.(*picker).table {
		counts[i]++
	}
	return counts
}

func TestShares(t *testing.T) {
	hundred := slices.Repeat([]int{16}, 100)
	for _, weights := range [][]int{{16}, {16, 16, 16}, {16, 32, 48, 160}, {4096, 1}, hundred} {
		p := maglev(t, "", 65537).Update(balancertest.Set(balancertest.Servers(weights...)))
		sum := 0
		for _, w := range weights {
			sum += w
		}
		for i, n := range shares(p) {
			want := 65537 * float64(weights[i]) / float64(sum)
			if math.Abs(float64(n)-want) > 2+want*0.01 {
				t.Errorf("weights %v: s%d has %d places, want %.0f", weights, i+1, n, want)
			}
		}
	}
}

// Requests without a key follow the weights too.
func TestWithoutKey(t *testing.T) {
	p := maglev(t, "", 65537).Update(balancertest.Set(balancertest.Servers(1, 3)))
	got := map[string]int{}
	for range 4000 {
		got[p.Pick(&balancer.Request{}).Name()]++
	}
	if got["s1"] < 900 || got["s1"] > 1100 {
		t.Errorf("weights 1 and 3 gave %v of 4000", got)
	}
}

func TestOrderDoesNotCount(t *testing.T) {
	list := balancertest.Servers(1, 2, 3)
	a := maglev(t, "", 65537).Update(balancertest.Set(list))
	slices.Reverse(list)
	b := maglev(t, "", 65537).Update(balancertest.Set(list))
	for i := range 1000 {
		if x, y := a.Pick(balancertest.Client(i)), b.Pick(balancertest.Client(i)); x != y {
			t.Fatalf("client %d goes to %s, and to %s when the servers are written the other way round", i, x.Name(), y.Name())
		}
	}
}

func TestMappedAddress(t *testing.T) {
	p := maglev(t, "", 65537).Update(balancertest.Set(balancertest.Servers(1, 1, 1)))
	for i := range 50 {
		four := fmt.Sprintf("192.0.2.%d", i)
		a := p.Pick(&balancer.Request{Src: netip.MustParseAddr(four)})
		b := p.Pick(&balancer.Request{Src: netip.MustParseAddr("::ffff:" + four)})
		if a != b {
			t.Errorf("%s goes to %s, in IPv6 to %s", four, a.Name(), b.Name())
		}
	}
}

// client gives a request that expressions find an address in.
func client(addr string) *balancer.Request {
	ip := netip.MustParseAddr(addr)
	conn := &session.Conn{Src: netip.AddrPortFrom(ip, 1234)}
	return &balancer.Request{Env: &expr.Env{Conn: conn}, Src: ip}
}

func TestKey(t *testing.T) {
	p := maglev(t, "src,ipmask(24)", 65537).Update(balancertest.Set(balancertest.Servers(1, 1, 1)))
	seen := map[string]bool{}
	for i := range 50 {
		a, b := p.Pick(client(fmt.Sprintf("10.0.%d.1", i))), p.Pick(client(fmt.Sprintf("10.0.%d.2", i)))
		if a != b {
			t.Errorf("two clients of network 10.0.%d go to %s and %s", i, a.Name(), b.Name())
		}
		seen[a.Name()] = true
	}
	if len(seen) != 3 {
		t.Errorf("all go to %v", seen)
	}
}

// Of the keys that need not move, how many do, in percent.
func TestDisruption(t *testing.T) {
	ten := func(weights ...int) []*balancertest.Server {
		return balancertest.Servers(append(weights, slices.Repeat([]int{16}, 10-len(weights))...)...)
	}
	for _, c := range []struct {
		name  string
		list  []*balancertest.Server
		limit float64
	}{
		{"one of ten leaves", ten(), 1.5},
		{"one of ten, with half the weight", ten(8), 1.5},
		{"the heaviest of ten", ten(32), 2},
	} {
		b := maglev(t, "", 65537)
		before, after := b.Update(balancertest.Set(c.list)), b.Update(balancertest.Set(c.list[1:]))
		stayed, moved := 0, 0
		for i := range 20000 {
			switch was, is := before.Pick(balancertest.Client(i)), after.Pick(balancertest.Client(i)); {
			case was == balancer.Server(c.list[0]):
			case was == is:
				stayed++
			default:
				moved++
			}
		}
		share := 100 * float64(moved) / float64(moved+stayed)
		t.Logf("%s: %.1f%% of the other keys move", c.name, share)
		if share > c.limit {
			t.Errorf("%s: %.1f%% of the other keys move, want at most %.1f%%", c.name, share, c.limit)
		}
	}
}

// A table is made quickly enough to be made again at every change of a weight.
func TestUpdateIsQuick(t *testing.T) {
	b, set := maglev(t, "", 65537), balancertest.Set(balancertest.Servers(slices.Repeat([]int{1, 16, 4096}, 100)...))
	best := time.Hour
	for range 20 { // the least of them, since a busy machine makes them longer only
		begin := time.Now()
		b.Update(set)
		best = min(best, time.Since(begin))
	}
	if t.Logf("300 servers: %v", best); best > 200*time.Millisecond {
		t.Errorf("a table of 300 servers takes %v", best)
	}
}

func BenchmarkPick(b *testing.B) {
	for _, key := range []string{"", "src"} {
		b.Run("key="+key, func(b *testing.B) {
			p := maglev(b, key, 65537).Update(balancertest.Set(balancertest.Servers(1, 2, 3, 4)))
			r := client("10.1.2.3")
			b.ReportAllocs()
			for b.Loop() {
				p.Pick(r)
				r.Env.Recycle()
			}
		})
	}
}

func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{10, 300} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			bal, set := maglev(b, "", 65537), balancertest.Set(balancertest.Servers(slices.Repeat([]int{16}, n)...))
			for b.Loop() {
				bal.Update(set)
			}
		})
	}
}
