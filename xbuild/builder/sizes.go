package builder

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Size is what a package takes in a binary: its code and its data.
type Size struct {
	Package string `json:"package"`
	Bytes   int64  `json:"bytes"`
	// Modules are those that the package registers, as kind.name.
	Modules []string `json:"modules,omitempty"`
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
	out, err := w.tool.run(ctx, "tool", "nm", "-size", binary)
	if err != nil {
		return nil, err
	}
	return sizesOf(string(out)), nil
}

// sizesOf adds up the lines of go tool nm -size: address, size, type, name.
func sizesOf(nm string) []Size {
	byPackage := map[string]int64{}
	for line := range strings.Lines(nm) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "U ") {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 4 {
			continue
		}
		n, err := strconv.ParseInt(words[1], 10, 64)
		// B and b take memory, but no room in the file.
		if err != nil || strings.EqualFold(words[2], "b") || strings.EqualFold(words[2], "u") {
			continue
		}
		byPackage[packageOfSymbol(strings.Join(words[3:], " "))] += n
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
