package peers

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// everything is the binary with the plugins.
func everything(t *testing.T) string {
	return lab.BinaryOf(t, "github.com/fairleadproxy/fairlead/integration/peers/everything")
}

// TestDNS01 gets a wildcard's certificate by records that the plugin rfc2136 puts
// into a zone of Knot DNS, which the authority asks.
func TestDNS01(t *testing.T) {
	knot := lab.Knot(t)
	p := lab.NewPebble(t, lab.PebbleOptions{Resolver: knot})
	lab.FairleadOf(t, everything(t), p.Config(`"`+t.TempDir()+`"`, `
dns = { type = "rfc2136", server = "`+knot+`", key-name = "fairlead.", key = "`+lab.KnotKey+`" }
dns-resolvers = ["`+knot+`"]
`, `"*.example.com"`))
	p.Obtained(t, "any.example.com", "*.example.com")
	p.Obtained(t, "other.example.com", "*.example.com")
}

// TestFleet has two nodes that share a Valkey begin at the same time: the
// certificate is obtained once, for both, though the authority finds one of them.
func TestFleet(t *testing.T) {
	shared := `{ type = "valkey", address = "` + lab.Redis(t) + `", lock-timeout = "5s" }`
	p := lab.NewPebble(t, lab.PebbleOptions{})
	one := p.Config(shared, "", `"one.example.com"`)
	https := lab.Port(t)
	two := strings.NewReplacer(":"+p.HTTPS, ":"+https, ":"+p.HTTP+`"`, ":"+lab.Port(t)+`"`).Replace(one)
	lab.FairleadOf(t, everything(t), one)
	lab.FairleadOf(t, everything(t), two)
	leaf := p.Obtained(t, "one.example.com", "one.example.com")
	lab.Until(t, 60*time.Second, "the other node has it too", func() bool {
		other := lab.Leaf(https, "one.example.com")
		return other != nil && other.SerialNumber.Cmp(leaf.SerialNumber) == 0
	})
	if n := len(regexp.MustCompile(`Issued certificate serial`).FindAllString(p.Proc.Output(), -1)); n != 1 {
		t.Errorf("%d certificates were issued\n%s", n, p.Proc.Output())
	}
}
