package httpmsg

import (
	"testing"
	"time"
)

// borne counts how often something is borne, up to 1,000,000.
func borne(do func() bool) (n int) {
	for n < 1_000_000 && do() {
		n++
	}
	return n
}

func TestPatienceWithGlitches(t *testing.T) {
	var p Patience
	glitch := func(now time.Duration) func() bool { return func() bool { return p.Glitch(now) } }
	if n := borne(glitch(0)); n != 1000 {
		t.Errorf("%d glitches are borne at once, want 1000", n)
	}
	if n := borne(glitch(time.Second)); n != 19 { // one was too many before
		t.Errorf("%d are after a second, want 19", n)
	}
	if n := p.Glitches(); n != 1021 {
		t.Errorf("%d were counted, want 1021", n)
	}
	if p.WearsThin() {
		t.Error("patience wears thin without a limit")
	}
	set := Patience{Limit: 8}
	for i := range 8 {
		if got, want := set.WearsThin(), i >= 6; got != want {
			t.Errorf("after %d of 8: it wears thin: %v", i, got)
		}
		if !set.Glitch(time.Duration(i) * time.Hour) {
			t.Errorf("the glitch %d of 8 is not borne", i)
		}
	}
	if set.Glitch(1000 * time.Hour) {
		t.Error("a limit that is set forgives")
	}
}

func TestPatienceWithChores(t *testing.T) {
	for _, c := range []struct {
		earned, want int
	}{{0, 1000}, {500, 1500}, {1 << 40, 11_000}} {
		p := Patience{Limit: 1}
		p.Earn(c.earned)
		if n := borne(func() bool { return p.Chore(1, time.Second) }); n != c.want {
			t.Errorf("%d chores are borne with %d earned, want %d", n, c.earned, c.want)
		}
		if n := borne(func() bool { return p.Chore(1, 2*time.Second) }); n != 19 {
			t.Errorf("%d are a second later, want 19", n)
		}
		if p.Glitches() != 0 {
			t.Error("chores count as glitches")
		}
	}
}
