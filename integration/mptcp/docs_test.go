package mptcp

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// docs/mptcp.md is followed as typed.
func TestDocument(t *testing.T) {
	if os.Getuid() != 0 {
		lab.Missing(t, "network namespaces need root")
	}
	for _, program := range []string{"ip", "python3", "bash", "curl"} {
		lab.Need(t, program)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs/mptcp.md"))
	if err != nil {
		t.Fatal(err)
	}
	script := "set -m\n"
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		script += m[1]
	}
	t.Cleanup(func() { // what the script would have removed, had it come to that
		for _, ns := range []string{"phone", "lb"} {
			_ = exec.Command("ip", "netns", "del", ns).Run() // it is gone already when all went well
		}
	})
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(lab.Binary(t))+":"+os.Getenv("PATH"), "XDG_RUNTIME_DIR="+t.TempDir())
	timer := time.AfterFunc(90*time.Second, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"200 MB received, longest stall", "10.9.1.1:8000 -> 10.9.1.2:", ":8000 -> 10.9.2.2:", "mptcp=1/0 paths="} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in what was written:\n%s", want, out)
		}
	}
	t.Log(string(out))
}
