package cli

import (
	"os"
	"testing"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

func TestNeedRestart(t *testing.T) {
	parse := func(text string) *config.Global {
		root, err := tree.Parse("lb.toml", []byte(text+"\n[frontend.a]\nbind = \":80\"\n"), os.LookupEnv)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := config.FromTree(root)
		if err != nil {
			t.Fatal(err)
		}
		return &cfg.Global
	}
	for _, c := range []struct{ start, now, want string }{
		{"[global]\nmaxconn = 10\nstats-socket = \"/run/a\"", "[global]\n\n\nstats-socket = \"/run/a\"\nmaxconn = 10", ""},
		{"", "[global]\nhard-stop-after = \"5s\"\nspread-checks = 5", ""},
		{"[global]\nmaxconn = 10", "[global]\nmaxconn = 11\nnbthread = 2", "maxconn, nbthread"},
		{"[global]\nstats-socket = \"/run/a\"", "[global]\nstats-socket = { address = \"/run/a\", mode = \"666\" }", "stats-socket"},
		{"[global]\nuid = 5", "[global]\nuser = \"5\"", ""},
		{"", "[global]\ngid = 5\ntune.bufsize = \"32k\"", "user, group, uid or gid, maxsslconn, maxsslrate or tune"},
	} {
		if got := needRestart(parse(c.start), parse(c.now)); got != c.want {
			t.Errorf("from %q to %q: %q, want %q", c.start, c.now, got, c.want)
		}
	}
}
