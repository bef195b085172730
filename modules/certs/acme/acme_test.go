package acme

import (
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/moduletest/certstest"
	_ "github.com/fairleadproxy/fairlead/modules/storage/file"
)

// nobody is an authority that is not there.
const nobody = "directory = \"https://127.0.0.1:1/dir\"\n"

func TestLaws(t *testing.T) {
	certstest.Laws(t, "acme", nobody+`storage = "`+t.TempDir()+`"`)
}

func TestLawsOnDemand(t *testing.T) {
	certstest.Laws(t, "acme", nobody+`storage = "`+t.TempDir()+"\"\non-demand = { ask = \"http://127.0.0.1:1/\" }")
}

func TestRate(t *testing.T) {
	var r Rate
	if err := r.UnmarshalText([]byte("20/1h")); err != nil || r != (Rate{20, time.Hour}) {
		t.Errorf("20/1h is %v, %v", r, err)
	}
	for _, wrong := range []string{"", "10", "/1m", "0/1m", "-1/1m", "1/0s", "1/x", "1/1m/1m"} {
		if err := r.UnmarshalText([]byte(wrong)); err == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
}

func TestWellFormed(t *testing.T) {
	for name, want := range map[string]bool{
		"a.example.com": true, "xn--bcher-kva.example": true, "a-b.example.com": true,
		"": false, "localhost": false, "127.0.0.1": false, "::1": false, "*.example.com": false, "a..b": false,
		".example.com": false, "a b.example.com": false, "a/b.example.com": false, "../x.example": false, "a.example.com\x00": false,
	} {
		if err := wellFormed(name); (err == nil) != want {
			t.Errorf("%q: %v, want it well formed: %v", name, err, want)
		}
	}
}
