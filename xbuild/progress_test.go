package main

import (
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

// On a terminal a bar comes and goes in one line, and what is to be read stays.
func TestBar(t *testing.T) {
	var b strings.Builder
	p := &progress{w: &b, bar: true}
	for _, e := range []builder.Event{
		{Step: builder.StepResolve, Text: "core"},
		{Step: builder.StepCheck, Text: strings.Repeat("long ", 40)},
		{Step: builder.StepCheck, Text: "a replace is not heeded", Note: true},
		{Step: builder.StepLink, Text: "linking"},
	} {
		p.event(e)
	}
	p.clear()
	screen := ""
	for line := range strings.SplitSeq(b.String(), "\n") {
		var shown []rune
		for part := range strings.SplitSeq(line, "\r") {
			for i, r := range []rune(part) {
				if i == 79 {
					t.Errorf("more than 79 columns: %q", part)
				}
				if i < len(shown) {
					shown[i] = r
				} else {
					shown = append(shown, r)
				}
			}
		}
		screen += strings.TrimRight(string(shown), " ") + "\n"
	}
	if screen != "xbuild: a replace is not heeded\n\n" {
		t.Errorf("the screen shows %q after %q", screen, b.String())
	}
}
