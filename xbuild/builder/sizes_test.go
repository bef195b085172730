package builder

import (
	"fmt"
	"testing"
)

func TestSizes(t *testing.T) {
	const nm = `
  4a0000       100 T example.com/a.Run
  4a0100        50 t example.com/a.(*T[example.com/b.Q]).do
  4a0200        30 R example.com/a..stmp_7
  4a0300        20 T example.com/b/yaml%2ev3.Decode
  4a0400      9999 B runtime.heap
  4a0500        40 R type:*example.com/a.T
  4a0600         7 T runtime.main
                 5 U _cgo_x
`
	want := "[{example.com/a 180 []} {(shared) 40 []} {example.com/b/yaml.v3 20 []} {runtime 7 []}]"
	if got := fmt.Sprint(sizesOf(nm)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
