package builder

import (
	"debug/elf"
	"fmt"
	"testing"
)

func TestSizes(t *testing.T) {
	const text, bss = 1, 2
	var symbols []elf.Symbol
	for _, s := range []struct {
		name    string
		size    uint64
		section elf.SectionIndex
	}{
		{"example.com/a.Run", 100, text},
		{"example.com/a.(*T[example.com/b.Q]).do", 50, text},
		{"example.com/a..stmp_7", 30, text},
		{"example.com/b/yaml%2ev3.Decode", 20, text},
		{"runtime.heap", 9999, bss},
		{"type:*example.com/a.T", 40, text},
		{"runtime.main", 7, text},
		{"_cgo_x", 0, text},
	} {
		symbols = append(symbols, elf.Symbol{Name: s.name, Size: s.size, Section: s.section})
	}
	want := "[{example.com/a 180} {(shared) 40} {example.com/b/yaml.v3 20} {runtime 7}]"
	if got := fmt.Sprint(sizesOf(symbols, func(s elf.SectionIndex) bool { return s != bss })); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
