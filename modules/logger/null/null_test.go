package null

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func TestLog(t *testing.T) {
	l, err := New(module.NewContext(module.ContextOptions{}), Config{})
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { l.Log(logs.Info, []byte("x")) }); n != 0 {
		t.Errorf("Log allocates %v times, want 0", n)
	}
}
