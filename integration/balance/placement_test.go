package balance

import (
	"fmt"
	"strings"
	"testing"
)

// keys gives the nth request; the requests of different n differ in what is hashed.
type keys func(n int) request

func byHeader(n int) request {
	return request{path: "/", header: fmt.Sprintf("X-Id: user-%d", n*n)}
}
func bySource(n int) request {
	return request{path: "/", source: fmt.Sprintf("127.%d.%d.%d", 4*n, n, 1+n*7%250)}
}
func byURI(n int) request    { return request{path: fmt.Sprintf("/d%d/e%d/f%d/g?h=%d", n%5, n%7, n, n)} }
func byParam(n int) request  { return request{path: fmt.Sprintf("/?a=b&id=v%d&c", n)} }
func byLength(n int) request { return request{path: "/" + strings.Repeat("x", n)} }
func byHost(n int) request {
	return request{path: "/", header: fmt.Sprintf("Host: www%d.ex%d.com:80", n%3, n)}
}

// placements are settings with which a key has its place.
func placements() []*setting {
	three := []int{1, 1, 1}
	many := []int{100, 99, 101} // points, since the test's addresses are but 1/256 of the ring
	uneven := []int{3, 1, 5, 2}
	list := []*setting{
		{name: "source", toml: `balance = "source"`, haproxy: "balance source", weights: three, keys: bySource},
		{name: "source by weight", toml: `balance = "source"`, haproxy: "balance source", weights: uneven, keys: bySource},
		{name: "uri", toml: `balance = "uri"`, haproxy: "balance uri", weights: uneven, keys: byURI},
		{name: "uri whole", toml: `balance = { type = "uri", whole = true }`, haproxy: "balance uri whole", weights: uneven, keys: byURI},
		{name: "uri len", toml: `balance = { type = "uri", len = 5 }`, haproxy: "balance uri len 5", weights: uneven, keys: byURI},
		{name: "uri depth", toml: `balance = { type = "uri", depth = 2 }`, haproxy: "balance uri depth 2", weights: uneven, keys: byURI},
		{name: "uri path-only", toml: `balance = { type = "uri", path-only = true }`, haproxy: "balance uri path-only", weights: uneven, keys: byURI},
		{name: "url_param", toml: `balance = { type = "url_param", name = "id" }`, haproxy: "balance url_param id", weights: uneven, keys: byParam},
		{name: "hdr", toml: `balance = { type = "hdr", name = "x-id" }`, haproxy: "balance hdr(x-id)", weights: uneven, keys: byHeader},
		{name: "hdr of a domain", toml: `balance = { type = "hdr", name = "host", use_domain_only = true }`, haproxy: "balance hdr(host) use_domain_only", weights: uneven, keys: byHost},
		{name: "hash of a string", toml: `balance = { type = "hash", key = "req.hdr(x-id),lower" }`, haproxy: "balance hash req.hdr(x-id),lower", weights: uneven, keys: byHeader},
		{name: "hash of an address", toml: `balance = { type = "hash", key = "src" }`, haproxy: "balance hash src", weights: uneven, keys: bySource},
		{name: "hash of a number", toml: `balance = { type = "hash", key = "url,length" }`, haproxy: "balance hash url,length", weights: uneven, keys: byLength},
	}
	for _, function := range []string{"sdbm", "djb2", "wt6", "crc32"} {
		for _, method := range []string{"map-based", "consistent"} {
			for _, modifier := range []string{"", "avalanche"} {
				words := method + " " + function + " " + modifier
				hashType := fmt.Sprintf("hash-type = { method = %q, function = %q }\n", method, function)
				if modifier != "" {
					hashType = fmt.Sprintf("hash-type = { method = %q, function = %q, modifier = %q }\n", method, function, modifier)
				}
				list = append(list,
					&setting{name: "hdr " + words, toml: hashType + `balance = { type = "hdr", name = "x-id" }`, haproxy: "balance hdr(x-id)\nhash-type " + words, weights: uneven, keys: byHeader},
					&setting{name: "source " + words, toml: hashType + `balance = "source"`, haproxy: "balance source\nhash-type " + words, weights: many, keys: bySource})
			}
		}
	}
	return append(list,
		&setting{name: "hdr consistent", toml: `balance = { type = "hdr", name = "x-id", hash-type = "consistent" }`, haproxy: "balance hdr(x-id)\nhash-type consistent", weights: uneven, keys: byHeader},
		&setting{name: "source consistent", toml: "hash-type = \"consistent\"\nbalance = \"source\"", haproxy: "balance source\nhash-type consistent", weights: uneven, keys: bySource},
		&setting{name: "consistent with large weights", toml: "hash-type = \"consistent\"\nbalance = \"uri\"", haproxy: "balance uri\nhash-type consistent", weights: []int{100, 50, 256}, keys: byURI},
	)
}

// Every key goes to the server that HAProxy sends it to.
func TestPlacement(t *testing.T) {
	settings := placements()
	pair(t, settings)
	for _, s := range settings {
		t.Run(s.name, func(t *testing.T) {
			a, used := newAsker(t), map[string]bool{}
			differ := 0
			for n := range 60 {
				r := s.keys(n)
				ours, theirs := a.ask(t, s.fairleadPort, r), a.ask(t, s.haproxyPort, r)
				used[ours] = true
				if ours != theirs {
					differ++
					if differ <= 3 {
						t.Errorf("%+v went to %s, with HAProxy to %s", r, ours, theirs)
					}
				}
			}
			if differ > 0 {
				t.Errorf("%d of 60 keys are elsewhere", differ)
			}
			if len(used) < 2 {
				t.Errorf("all keys went to %v", used)
			}
		})
	}
}
