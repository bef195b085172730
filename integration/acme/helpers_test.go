package acme

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

// limit is longer than anything takes.
const limit = 30 * time.Second

func quoted(s string) string { return `"` + s + `"` }

// replaced replaces a part that has to be there.
func replaced(t *testing.T, text, old, new string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("there is no %q in\n%s", old, text)
	}
	return strings.Replace(text, old, new, 1)
}

// logged waits until a program writes something.
func logged(t *testing.T, p *lab.Process, text string) {
	t.Helper()
	lab.Until(t, limit, "it is logged: "+text, func() bool { return strings.Contains(p.Output(), text) })
}

// ask gives the answer to a command.
func ask(t *testing.T, p *lab.Process, command string) string {
	t.Helper()
	answer, err := admin.Ask(p.Socket(), command, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// joined adds the text of a file to another.
func joined(t *testing.T, file, more string) {
	t.Helper()
	var all []byte
	for _, name := range []string{file, more} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	lab.Write(t, file, string(all))
}
