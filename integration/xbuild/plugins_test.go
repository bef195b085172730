package xbuild

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
	"github.com/fairleadproxy/fairlead/xbuild/plugin"
)

// A binary with every plugin of this repository lists their modules, runs, and
// balances.
func TestAllPlugins(t *testing.T) {
	x := newTool(t)
	dirs, err := filepath.Glob(filepath.Join(x.root, "plugins", "*", "go.mod"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("there are no plugins: error %v", err)
	}
	binary := filepath.Join(t.TempDir(), "fairlead")
	args := []string{"build", "-o", binary}
	var want []string
	for _, file := range dirs {
		dir := filepath.Dir(file)
		m, err := plugin.Read(dir)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		want = append(want, m.IDs()...)
		args = append(args, "--with", "./plugins/"+filepath.Base(dir))
	}
	x.must(t, x.root, args...)
	list, _, _ := lab.Run(t, binary, "list-modules")
	for _, id := range want {
		if !strings.Contains("\n"+list, "\n"+id+"\n") {
			t.Errorf("%s is missing in the binary", id)
		}
	}
	if info, err := os.Stat(binary); err != nil || info.Size() > 60<<20 {
		t.Errorf("the binary: %v, error %v", info.Size(), err)
	}
	serves(t, binary)
}
