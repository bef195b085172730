package builder

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Target is a platform to build for.
type Target struct {
	// OS and Arch are as in GOOS and GOARCH.
	OS, Arch string
	// Variant is the level of the architecture, such as v7 of arm; "" means the
	// usual one.
	Variant string
}

// variants are the levels of architectures, the usual one first, and the
// variable by which the go command takes each.
var variants = map[string]struct {
	env    string
	levels []string
}{
	"amd64":   {"GOAMD64", []string{"v1", "v2", "v3", "v4"}},
	"arm":     {"GOARM", []string{"v7", "v6", "v5"}}, // without the v there
	"arm64":   {"GOARM64", []string{"v8.0", "v8.1", "v8.2", "v9.0"}},
	"riscv64": {"GORISCV64", []string{"rva20u64", "rva22u64", "rva23u64"}},
}

// Host gives the platform that this program runs on.
func Host() Target { return Target{OS: runtime.GOOS, Arch: runtime.GOARCH} }

// ParseTarget reads OS/ARCH, with a level of the architecture behind it or after
// another slash: linux/amd64, linux/armv7, linux/amd64/v3.
func ParseTarget(text string) (Target, error) {
	system, arch, ok := strings.Cut(text, "/")
	arch, variant, _ := strings.Cut(arch, "/")
	if !ok || system == "" || arch == "" {
		return Target{}, usagef("target %q: write OS/ARCH, such as linux/arm64 or linux/armv7", text)
	}
	if variants[arch].levels == nil {
		for name, v := range variants {
			if level, is := strings.CutPrefix(arch, name); is && slices.Contains(v.levels, level) && variant == "" {
				arch, variant = name, level
			}
		}
	}
	v := variants[arch]
	if variant != "" && !slices.Contains(v.levels, variant) {
		hint := "it has none"
		if len(v.levels) > 0 {
			hint = "there are " + strings.Join(v.levels, ", ")
		}
		return Target{}, usagef("target %q: %s is no level of %s; %s", text, variant, arch, hint)
	}
	if len(v.levels) > 0 && variant == v.levels[0] {
		variant = ""
	}
	return Target{system, arch, variant}, nil
}

// String gives the target as ParseTarget reads it.
func (t Target) String() string {
	switch {
	case t.Variant == "" && t.Arch == "arm":
		return t.OS + "/armv7"
	case t.Variant == "":
		return t.OS + "/" + t.Arch
	case t.Arch == "riscv64":
		return t.OS + "/" + t.Arch + "/" + t.Variant
	}
	return t.OS + "/" + t.Arch + t.Variant
}

// suffix is what tells files for several targets apart.
func (t Target) suffix() string {
	s := "-" + strings.ReplaceAll(t.String(), "/", "-")
	if t.OS == "windows" {
		s += ".exe"
	}
	return s
}

// check refuses platforms that Go does not build for.
func (t Target) check(ctx context.Context, tool goTool) error {
	if t.native() {
		return nil
	}
	out, err := tool.host().run(ctx, "tool", "dist", "list")
	if err != nil {
		return err
	}
	pair, all := t.OS+"/"+t.Arch, strings.Fields(string(out))
	if slices.Contains(all, pair) {
		return nil
	}
	hint := "go tool dist list prints those there are"
	if near := module.Suggest(pair, all); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return usagef("target %s: Go does not build for it; %s", t, hint)
}

// native reports whether binaries for the target run here. Levels may be beyond
// this machine's, which only trying can tell.
func (t Target) native() bool { return t == Host() }

// env are the variables that make the go command build for the target. Levels
// of other architectures are fixed too, so that the surroundings do not count.
func (t Target) env() []string {
	env := []string{"GOOS=" + t.OS, "GOARCH=" + t.Arch}
	for arch, v := range variants {
		level := v.levels[0]
		if arch == t.Arch && t.Variant != "" {
			level = t.Variant
		}
		if arch == "arm" {
			level = strings.TrimPrefix(level, "v")
		}
		env = append(env, v.env+"="+level)
	}
	slices.Sort(env)
	return env
}
