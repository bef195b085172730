package ring

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func newRing(t *testing.T, size tree.Size) *Logger {
	t.Helper()
	l, err := New(module.NewContext(module.ContextOptions{}), Config{Size: size})
	if err != nil {
		t.Fatal(err)
	}
	return l.(*Logger)
}

func TestTail(t *testing.T) {
	l := newRing(t, 1024)
	if got := l.Tail([]byte("x"), 5); string(got) != "x" {
		t.Errorf("an empty ring gives %q", got)
	}
	for _, line := range []string{"one", "", "two\nlines", "four"} {
		l.Log(logs.Info, []byte(line))
	}
	tests := []struct {
		n    int
		want string
	}{
		{-1, ""}, {0, ""}, {1, "four\n"}, {2, "two lines\nfour\n"}, {3, "\ntwo lines\nfour\n"},
		{4, "one\n\ntwo lines\nfour\n"}, {5, "one\n\ntwo lines\nfour\n"},
	}
	for _, tt := range tests {
		if got := string(l.Tail(nil, tt.n)); got != tt.want {
			t.Errorf("the last %d lines are %q, want %q", tt.n, got, tt.want)
		}
	}
}

// The ring holds as many of the last lines as fit, compared with a list of all.
func TestWrap(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	l := newRing(t, 1024)
	var all []string
	for range 3000 {
		line := strings.Repeat(string(rune('a'+rnd.IntN(26))), rnd.IntN(60))
		if rnd.IntN(100) == 0 {
			line = strings.Repeat("z", rnd.IntN(1500))
		}
		if rnd.IntN(10) == 0 {
			line += "\n"
		}
		l.Log(logs.Info, []byte(line))
		all = append(all, strings.ReplaceAll(line[:min(len(line), 1023)], "\n", " ")+"\n")
		fit, room := 0, 1024
		for i := len(all) - 1; i >= 0 && len(all[i]) <= room; i-- {
			room -= len(all[i])
			fit++
		}
		got := string(l.Tail(nil, 10000))
		want := strings.Join(all[len(all)-fit:], "")
		// A line that fits exactly may be forgotten, as its predecessor's end is gone.
		short := strings.Join(all[len(all)-fit+1:], "")
		if got != want && (room != 0 || got != short) {
			t.Fatalf("after %d lines the ring has\n%q, want\n%q", len(all), got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, size := range []tree.Size{-1, 0, 1023, 1<<30 + 1} {
		if _, err := New(nil, Config{Size: size}); err == nil || !strings.Contains(err.Error(), "outside 1k to 1g") {
			t.Errorf("size %d gives %v", size, err)
		}
	}
}

func TestLogAllocates(t *testing.T) {
	l := newRing(t, 4096)
	line := make([]byte, 300)
	if n := testing.AllocsPerRun(1000, func() { l.Log(logs.Info, line) }); n != 0 {
		t.Errorf("Log allocates %v times, want 0", n)
	}
}
