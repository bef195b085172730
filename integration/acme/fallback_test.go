package acme

import (
	"testing"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// An authority that is down is passed over for the next.
func TestFallback(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{})
	other := `{ directory = "` + p.Directory + `", ca-file = "` + p.CA + `" }`
	down := p.Config(quoted(t.TempDir()), `fallback = ["https://127.0.0.1:1/dir", `+other+`]`, `"one.example.com"`)
	lab.Fairlead(t, replaced(t, down, `directory = "`+p.Directory+`"`+"\n", `directory = "https://127.0.0.1:`+lab.Port(t)+`/dir"`+"\n"))
	p.Obtained(t, "one.example.com", "one.example.com")
}

// An administrator need not wait for the next try after an authority was down.
func TestRenewNow(t *testing.T) {
	p := lab.NewPebble(t, lab.PebbleOptions{})
	p.Proc.Kill(t)
	f := lab.Fairlead(t, p.Config(quoted(t.TempDir()), "", `"one.example.com"`))
	logged(t, f, `msg="certificate not obtained" name=one.example.com`)
	p.Run(t)
	if got := ask(t, f, "acme renew one.example.com"); got != "" {
		t.Fatal(got)
	}
	p.Obtained(t, "one.example.com", "one.example.com")
}
