package http2

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/integration/lab"
)

// streamFields tell of the streams by which a request comes and goes.
const streamFields = `
http-response = [
  { do = "set-header", name = "X-Client", value = "%[fc_http_major] %[fc_nb_streams] %[fc_settings_streams_limit] %[fs.id] %[fc_glitches] %[fs.aborted]" },
  { do = "set-header", name = "X-Server", value = "%[bc_http_major] %[bc_nb_streams] %[bc_settings_streams_limit] %[bs.id] %[bc_glitches] %[bs.aborted]" },
]
log-format = "%HP %ts aborted=%[fs.aborted],%[bs.aborted] codes=%[fs.rst_code],%[bs.rst_code]"
`

// Rules see by which stream of a connection a request comes and goes, and logs tell
// who broke it off, with which code.
func TestStreamFetches(t *testing.T) {
	for _, to := range versions {
		p, plain, secure := proxy(t, startOrigin(t, to), streamFields)
		for _, from := range versions {
			c, base := client(t, from, plain, secure)
			first := map[string]string{"h1": "1 1 1 0 0 0", "h2": "2 1 100 1 0 0"}[from[:2]]
			res, _ := lab.Do(t, c, lab.Request(t, "GET", base+"/none", nil))
			if got := res.Header.Get("X-Client"); got != first {
				t.Errorf("%s to %s: of the client %q, want %q", from, to, got, first)
			}
			got := strings.Fields(res.Header.Get("X-Server")) // whose connection others have used
			want := map[string]string{"h1": "1 1 1 0 0 0", "h2": "2 1 100 " + at(got, 3) + " 0 0"}[to[:2]]
			if strings.Join(got, " ") != want || to != "h1" && at(got, 3) == "0" {
				t.Errorf("%s to %s: of the server %q, want %q", from, to, got, want)
			}
			if from != "h1" { // whose end says nothing of the request
				res, err := c.Do(lab.Request(t, "GET", base+"/pieces", nil))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(res.Body, make([]byte, len("piece"))); err != nil {
					t.Fatal(err)
				}
				res.Body.Close()
				logged(t, p, "/pieces CD aborted=1,0 codes=8,-") // CANCEL
			}
			if res, err := c.Do(lab.Request(t, "GET", base+"/abort", nil)); err == nil {
				_, _ = io.ReadAll(res.Body) // it ends in an error
				res.Body.Close()
			}
			logged(t, p, "/abort SD aborted=0,1 codes=-,"+code(to, "2")) // INTERNAL_ERROR
		}
	}
}

func at(list []string, i int) string {
	if i >= len(list) {
		return "(nothing)"
	}
	return list[i]
}

// code is what a stream of a version was reset with.
func code(version, of string) string {
	if version == "h1" {
		return "-"
	}
	return of
}

// logged waits for a line, the last one that tells of its path.
func logged(t *testing.T, p *lab.Process, want string) {
	t.Helper()
	path, _, _ := strings.Cut(want, " ")
	last := ""
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for line := range strings.Lines(p.Output()) {
			if strings.HasPrefix(line, path+" ") {
				last = strings.TrimSpace(line)
			}
		}
		if last == want {
			return
		}
	}
	t.Errorf("the log says %q, want %q", last, want)
}
