package builder

import (
	"slices"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct{ text, want, env string }{
		{"linux/amd64", "linux/amd64", "GOAMD64=v1"},
		{"linux/amd64/v3", "linux/amd64v3", "GOAMD64=v3"},
		{"linux/amd64v3", "linux/amd64v3", "GOARCH=amd64"},
		{"linux/arm", "linux/armv7", "GOARM=7"},
		{"linux/armv7", "linux/armv7", "GOARCH=arm"},
		{"linux/arm/v6", "linux/armv6", "GOARM=6"},
		{"linux/arm64", "linux/arm64", "GOARM64=v8.0"},
		{"linux/riscv64/rva22u64", "linux/riscv64/rva22u64", "GORISCV64=rva22u64"},
		{"windows/386", "windows/386", "GOOS=windows"},
	} {
		got, err := ParseTarget(c.text)
		if err != nil || got.String() != c.want || !slices.Contains(got.env(), c.env) {
			t.Errorf("%s: %s with %v, error %v", c.text, got, got.env(), err)
		}
		if again, err := ParseTarget(got.String()); err != nil || again != got {
			t.Errorf("%s is read as %s, error %v", got, again, err)
		}
	}
	for _, c := range []struct{ text, want string }{
		{"linux", "write OS/ARCH"}, {"/amd64", "write OS/ARCH"}, {"linux/", "write OS/ARCH"},
		{"linux/arm/v9", "there are v7, v6, v5"}, {"linux/386/v2", "it has none"},
	} {
		if _, err := ParseTarget(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.text, err, c.want)
		}
	}
}

func TestOutputFor(t *testing.T) {
	for _, c := range []struct{ output, target, want string }{
		{"", "linux/arm", "fairlead-linux-armv7"},
		{"bin/lb", "linux/amd64", "bin/lb-linux-amd64"},
		{"lb.exe", "windows/amd64", "lb-windows-amd64.exe"},
	} {
		target, err := ParseTarget(c.target)
		if err != nil {
			t.Fatal(err)
		}
		if got := OutputFor(c.output, target); got != c.want {
			t.Errorf("%q for %s: %s, want %s", c.output, c.target, got, c.want)
		}
	}
}
