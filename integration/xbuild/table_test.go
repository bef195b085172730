package xbuild

import (
	"flag"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

var update = flag.Bool("update", false, "measure the builds and write the table in docs/xbuild.md")

// TestTable checks that the table of sizes in the document has a row for each
// build; with -update it builds them, measures, and writes it.
func TestTable(t *testing.T) {
	const begin, end = "<!-- table: go test ./integration/xbuild -run TestTable -update -->\n", "<!-- end -->"
	file := filepath.Join("..", "..", "docs", "xbuild.md")
	head, rest, ok := strings.Cut(string(read(t, file)), begin)
	table, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s lacks the marks around the table", file)
	}
	builds := []string{"for lb.toml", "tcp", "http", "tls", "all", "everything"}
	if *update {
		x := newTool(t)
		rows := "\n| build | modules | bytes | starts in |\n|---|---|---|---|\n"
		for _, name := range builds {
			rows += measure(t, x, name)
		}
		lab.Write(t, file, head+begin+rows+"\n"+end+tail)
		return
	}
	for _, name := range builds {
		if !strings.Contains(table, "\n| "+name+" | ") {
			t.Errorf("%s has no row for %s; write it with -update", file, name)
		}
	}
}

// measure builds and gives the row of the table.
func measure(t *testing.T, x *tool, name string) string {
	dir, port := t.TempDir(), lab.Port(t)
	lab.Write(t, filepath.Join(dir, "lb.toml"), strings.Replace(config("127.0.0.1:"+port, `"roundrobin"`, "127.0.0.1:1"), `"http"`, `"tcp"`, 1))
	args := []string{"--core", x.root, "-o", filepath.Join(dir, "fairlead")}
	switch name {
	case "for lb.toml":
		args = append(args, "--for", filepath.Join(dir, "lb.toml"))
	case "everything":
		plugins, err := filepath.Glob(filepath.Join(x.root, "plugins", "*", "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range plugins {
			args = append(args, "--with", filepath.Dir(p))
		}
	default:
		args = append(args, "--preset", name)
	}
	b := x.build(t, dir, args...)
	list, _, _ := lab.Run(t, b.Output, "list-modules")
	var starts []time.Duration
	for range 21 {
		starts = append(starts, start(t, b.Output, filepath.Join(dir, "lb.toml"), port))
	}
	slices.Sort(starts)
	return fmt.Sprintf("| %s | %d | %d | %.1f ms |\n", name, strings.Count(list, "\n"), b.Size, starts[len(starts)/2].Seconds()*1000)
}

// start runs a binary until it takes a connection, and gives the time to that.
func start(t *testing.T, binary, file, port string) time.Duration {
	cmd := exec.Command(binary, "run", "--config", file)
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill() // an end in good order would wait for the connection
		_ = cmd.Wait()
	}()
	for time.Since(begin) < 10*time.Second {
		if c, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			took := time.Since(begin)
			c.Close()
			return took
		}
	}
	t.Fatalf("%s does not start", binary)
	return 0
}
