package workbench

import (
	"context"
	"fmt"
	"go/build"
	"go/format"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// kinds are the variables of core that declare the kinds, as package and name.
var kinds = map[string][2]string{
	"action":    {"core/action", "Kind"},
	"balancer":  {"core/balancer", "Kind"},
	"certs":     {"core/secure", "Kind"},
	"check":     {"core/health", "Kind"},
	"converter": {"core/expr", "ConverterKind"},
	"dns":       {"core/secure", "DNSKind"},
	"fetch":     {"core/expr", "FetchKind"},
	"logformat": {"core/logs", "FormatKind"},
	"logger":    {"core/logs", "Kind"},
	"matcher":   {"core/expr", "MatcherKind"},
	"protocol":  {"core/protocol", "Kind"},
	"service":   {"core/service", "Kind"},
	"storage":   {"core/storage", "Kind"},
}

// TestOptions say how a plugin's tests are run.
type TestOptions struct {
	// NoRace leaves the race detector out, which needs a C compiler.
	NoRace bool
	// Args are further arguments of go test.
	Args []string
	// Stdout and Stderr get what go test writes.
	Stdout, Stderr io.Writer
}

// Test runs the plugin's tests, and the conformance kit for those of its modules
// that can be made without a configuration. The error is that of go test, which
// has said what failed.
func (b *Bench) Test(ctx context.Context, o TestOptions) error {
	r, err := b.Probe(ctx)
	if err != nil {
		return err
	}
	args, files := []string{}, map[string]string{}
	if !o.NoRace {
		args = append(args, "-race")
	}
	args = append(append(args, o.Args...), "./...")
	text, err := b.kit(r.Modules)
	if err != nil {
		return err
	}
	if text != "" {
		files[b.inModule("xbuild_kit_test.go")] = text
	}
	cmd, err := b.command(ctx, files, "test", args...)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = o.Stdout, o.Stderr
	return cmd.Run()
}

// inModule gives a name in the plugin's directory relative to the module's.
func (b *Bench) inModule(name string) string {
	return path.Join(strings.TrimPrefix(strings.TrimPrefix(b.Package, b.Module), "/"), name)
}

// kit is a test file that calls the conformance kit; "" when there is nothing
// that it can do.
func (b *Bench) kit(list []Module) (string, error) {
	var imports []string
	var calls strings.Builder
	for _, m := range list {
		k, known := kinds[m.Kind]
		if !known || !m.Default {
			continue
		}
		imports = append(imports, fmt.Sprintf("%q", module.Core+"/"+k[0]))
		fmt.Fprintf(&calls, "t.Run(%q, func(t *testing.T) { moduletest.Run(t, %s.%s, %q) })\n", m.ID(), path.Base(k[0]), k[1], m.Name)
	}
	if calls.Len() == 0 {
		return "", nil
	}
	pkg, err := build.ImportDir(b.Dir, 0)
	if err != nil {
		return "", err
	}
	slices.Sort(imports)
	imports = slices.Compact(imports)
	text, err := format.Source(fmt.Appendf(nil, "package %s_test\n\nimport (\n\"testing\"\n\n%s\n%q\n_ %q\n)\n\nfunc TestXbuildKit(t *testing.T) {\n%s}\n",
		pkg.Name, strings.Join(imports, "\n"), module.Core+"/core/moduletest", b.Package, calls.String()))
	return string(text), err
}
