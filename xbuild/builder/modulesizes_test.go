package builder

import (
	"fmt"
	"testing"
)

// A module is told with what it alone needs; what others need too, or core, is
// nobody's, and modules of one package are told together.
func TestModuleSizes(t *testing.T) {
	modules := []Module{{Kind: "fetch", Name: "a", Package: "f"}, {Kind: "fetch", Name: "b", Package: "f"}, {Kind: "service", Name: "s", Package: "s"}}
	deps := map[string][]string{"cli": {"core"}, "f": {"core", "both"}, "s": {"core", "both", "lib", "lib/sub"}}
	sizes := []Size{{"core", 1000}, {"lib", 300}, {"both", 200}, {"f", 50}, {"s", 10}, {"lib/sub", 5}}
	got := fmt.Sprint(moduleSizes(modules, deps, sizes))
	if want := "[{[service.s] s 315} {[fetch.a fetch.b] f 50}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
