package xbuild

import (
	"debug/elf"
	"encoding/json"
	"path/filepath"
	"testing"
)

// Binaries for several platforms come from one call, each under a name of its
// own; one that cannot run here can be verified all the same.
func TestTargets(t *testing.T) {
	x := newTool(t)
	dir := t.TempDir()
	var list []built
	if err := json.Unmarshal([]byte(x.must(t, dir, "build", "--json", "--core", x.root, "--preset", "tcp", "-o", "lb", "--target", "linux/armv7,linux/amd64")), &list); err != nil || len(list) != 2 {
		t.Fatalf("%d results, error %v", len(list), err)
	}
	for i, c := range []struct {
		name    string
		machine elf.Machine
	}{{"lb-linux-armv7", elf.EM_ARM}, {"lb-linux-amd64", elf.EM_X86_64}} {
		if want := filepath.Join(dir, c.name); list[i].Output != want {
			t.Errorf("output %s, want %s", list[i].Output, want)
		}
		f, err := elf.Open(list[i].Output)
		if err != nil {
			t.Fatal(err)
		}
		if f.Machine != c.machine {
			t.Errorf("%s is for %s", c.name, f.Machine)
		}
		f.Close()
	}
	x.must(t, dir, "verify", "--core", x.root, "lb-linux-armv7")
	x.refuses(t, dir, 2, "write OS/ARCH", "build", "--target", "arm")
}
