package xbuild

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// A build that is interrupted while the go command compiles says so, and leaves
// neither a directory of its own nor one of the go command's; what a build that
// was killed leaves, clean removes.
func TestInterrupt(t *testing.T) {
	x := newTool(t)
	temp, out := t.TempDir(), t.TempDir()
	begin := func() (*exec.Cmd, *bytes.Buffer) {
		cmd := exec.Command(x.path, "build", "--preset", "tcp", "-o", filepath.Join(out, "fairlead"))
		var said bytes.Buffer
		// With a cache of its own, the compiler has to run.
		cmd.Dir, cmd.Stderr, cmd.Env = x.root, &said, append(os.Environ(), "TMPDIR="+temp, "GOCACHE="+filepath.Join(out, "cache"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lab.Until(t, time.Minute, "the go command compiles", func() bool {
			found, err := filepath.Glob(filepath.Join(temp, "xbuild-*", "go-build*"))
			return err == nil && len(found) > 0
		})
		return cmd, &said
	}
	left := func() string {
		list, err := filepath.Glob(filepath.Join(temp, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(list, " ")
	}

	cmd, said := begin()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(said.String(), "error: interrupted") {
		t.Errorf("after an interrupt: %v, stderr:\n%s", err, said)
	}
	if list := left(); list != "" {
		t.Errorf("an interrupt leaves %s", list)
	}

	cmd, _ = begin()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	t.Setenv("TMPDIR", temp)
	removed := x.must(t, out, "clean")
	if !strings.HasPrefix(removed, filepath.Join(temp, "xbuild-")) || strings.Contains(left(), "xbuild-") {
		t.Errorf("clean removed %q and left %s", removed, left())
	}
}
