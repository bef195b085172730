package geoip

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/moduletest/convtest"
	"github.com/fairleadproxy/fairlead/core/moduletest/matchtest"
)

// write makes a database in which 192.0.2.0/24 is in a country.
func write(t *testing.T, file, country string) {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, code := range map[string]string{"192.0.2.0/24": country, "2001:db8::/32": "FR"} {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		record := mmdbtype.Map{
			"country":                  mmdbtype.Map{"iso_code": mmdbtype.String(code), "names": mmdbtype.Map{"en": mmdbtype.String("Land of " + code)}},
			"autonomous_system_number": mmdbtype.Uint32(64500),
			"subdivisions":             mmdbtype.Slice{mmdbtype.Map{"iso_code": mmdbtype.String("ZH")}},
		}
		if err := w.Insert(n, record); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(file + ".new")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func TestLaws(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.mmdb")
	write(t, file, "CH")
	convtest.Laws(t, "geoip("+file+",country.iso_code)")
	matchtest.Matches(t, "geoip", file+":country.iso_code=CH", "192.0.2.9")
	matchtest.Differs(t, "geoip", file+":country.iso_code=CH", "198.51.100.1")
}

func TestFields(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.mmdb")
	write(t, file, "CH")
	for _, c := range []struct{ field, addr, want string }{
		{"country.iso_code", "192.0.2.7", "CH"},
		{"country.iso_code", "2001:db8::1", "FR"},
		{"country.names.en", "192.0.2.255", "Land of CH"},
		{"autonomous_system_number", "192.0.2.7", "64500"},
		{"subdivisions.0.iso_code", "192.0.2.7", "ZH"},
		{"country.iso_code", "198.51.100.1", ""},
		{"country.none", "192.0.2.7", ""},
		{"country", "192.0.2.7", ""},
	} {
		d, err := open(file, c.field)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // decoded, and kept
			if got := string(d.find(netip.MustParseAddr(c.addr))); got != c.want {
				t.Errorf("%s of %s: %q, want %q", c.field, c.addr, got, c.want)
			}
		}
	}
}

func TestMatch(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.mmdb")
	write(t, file, "CH")
	for _, c := range []struct {
		patterns []string
		fold     bool
		addr     string
		want     bool
	}{
		{[]string{file + ":country.iso_code=CH"}, false, "192.0.2.1", true},
		{[]string{file + ":country.iso_code=DE", file + ":country.iso_code=CH"}, false, "192.0.2.1", true},
		{[]string{file + ":country.iso_code=DE", file + ":autonomous_system_number=64500"}, false, "192.0.2.1", true},
		{[]string{file + ":country.iso_code=ch"}, false, "192.0.2.1", false},
		{[]string{file + ":country.iso_code=ch"}, true, "192.0.2.1", true},
		{[]string{file + ":country.iso_code=CH"}, false, "198.51.100.1", false},
	} {
		s, err := compile(c.patterns, c.fold)
		if err != nil {
			t.Fatal(err)
		}
		x := expr.Sample{}
		x.SetIP(netip.MustParseAddr(c.addr))
		if got := s.Match(nil, &x); got != c.want {
			t.Errorf("%v of %s: %v", c.patterns, c.addr, got)
		}
		if n := testing.AllocsPerRun(100, func() { s.Match(nil, &x) }); n > 0 && !c.fold {
			t.Errorf("%v: it allocates %v times", c.patterns, n)
		}
	}
}

func TestBadFiles(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.mmdb")
	if err := os.WriteFile(broken, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ pattern, want string }{
		{"/none.mmdb:country=CH", "no such file"}, {broken + ":country=CH", "is no MaxMind database"},
		{"CH", "FILE:FIELD=VALUE"}, {"/none.mmdb=CH", "FILE:FIELD=VALUE"},
	} {
		if _, err := compile([]string{c.pattern}, false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.pattern, err, c.want)
		}
	}
}

// A file that changes is read again; one that breaks is not.
func TestChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.mmdb")
	write(t, file, "CH")
	d, err := open(file, "country.iso_code")
	if err != nil {
		t.Fatal(err)
	}
	a := netip.MustParseAddr("192.0.2.1")
	becomes := func(want string) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); string(d.find(a)) != want; time.Sleep(time.Millisecond) {
			d.looked.Store(time.Now().Unix() - lookEvery)
			if time.Now().After(end) {
				t.Fatalf("it is %q, not %q", d.find(a), want)
			}
		}
	}
	write(t, file, "LIECHTENSTEIN")
	becomes("LIECHTENSTEIN")
	if err := os.WriteFile(file, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		becomes("LIECHTENSTEIN")
	}
	write(t, file, "CH")
	becomes("CH")
	// What nobody has asked for a while is not answered from an old file.
	write(t, file, "LIECHTENSTEIN")
	d.looked.Store(time.Now().Unix() - mostAge)
	if got := string(d.find(a)); got != "LIECHTENSTEIN" {
		t.Errorf("after a while it is %q", got)
	}
}
