package builder

import (
	"context"
	"debug/elf"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Size is what a package takes in a binary: its code and its data.
type Size struct {
	Package string `json:"package"`
	Bytes   int64  `json:"bytes"`
}

// shared is the name for what belongs to no package: strings, type
// descriptions, tables of the runtime.
const shared = "(shared)"

// sizes links once more, with symbols, and adds up what each package takes.
func (r *Request) sizes(ctx context.Context, w *workspace, dir string) ([]Size, error) {
	r.tell(StepVerify, "measuring the packages")
	binary := filepath.Join(dir, "symbols")
	if err := r.compile(ctx, w, binary, true); err != nil {
		return nil, err
	}
	f, err := elf.Open(binary)
	if err != nil {
		return nil, fmt.Errorf("the sizes of packages can be told of binaries for Linux and BSD only: %w", err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	return sizesOf(symbols, func(section elf.SectionIndex) bool {
		// What is zero at the start takes memory, but no room in the file.
		return int(section) < len(f.Sections) && f.Sections[section].Type != elf.SHT_NOBITS
	}), nil
}

// sizesOf adds up symbols by their packages, largest first; stored tells whether
// the symbols of a section are in the file.
func sizesOf(symbols []elf.Symbol, stored func(elf.SectionIndex) bool) []Size {
	byPackage := map[string]int64{}
	for _, s := range symbols {
		if stored(s.Section) {
			byPackage[packageOfSymbol(s.Name)] += int64(s.Size)
		}
	}
	var out []Size
	for name, n := range byPackage {
		if n > 0 {
			out = append(out, Size{Package: name, Bytes: n})
		}
	}
	slices.SortFunc(out, func(a, b Size) int {
		if a.Bytes != b.Bytes {
			return int(b.Bytes - a.Bytes)
		}
		return strings.Compare(a.Package, b.Package)
	})
	return out
}

// packageOfSymbol gives the import path in the name of a symbol of Go's linker,
// such as example.com/a/b.(*T).Method or example.com/a/b..stmp_1.
func packageOfSymbol(name string) string {
	if strings.HasPrefix(name, "go:") || strings.HasPrefix(name, "type:") {
		return shared
	}
	// A type parameter's path comes after a bracket, a receiver's after a
	// parenthesis; the package ends at the first dot after its last slash.
	end := strings.IndexAny(name, "[(")
	if end < 0 {
		end = len(name)
	}
	slash := strings.LastIndexByte(name[:end], '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot < 0 {
		return shared
	}
	// Dots of the last element of a path are escaped, as in gopkg.in/yaml%2ev3.
	return strings.ReplaceAll(name[:slash+1+dot], "%2e", ".")
}
