package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

// progress shows what a build is at: a bar on a terminal, which leaves notes
// standing, else lines.
type progress struct {
	w     io.Writer
	bar   bool
	width int // of what the bar has written
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok && os.Getenv("TERM") != "dumb" {
		info, err := f.Stat()
		p.bar = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) event(e builder.Event) {
	if !p.bar || e.Note {
		p.clear()
		builder.Lines(p.w)(e)
		return
	}
	steps := builder.Steps()
	done := slices.Index(steps, e.Step) + 1
	const cell, columns = 3, 79 // a terminal has 80 at least, mostly
	bar := fmt.Sprintf("[%-*s] ", cell*len(steps), strings.Repeat("=", cell*done))
	line := bar + clip(e.Text, columns-len(bar))
	fmt.Fprintf(p.w, "\r%-*s", p.width, line)
	p.width = len([]rune(line))
}

// clear takes the bar away, so that what follows stands alone.
func (p *progress) clear() {
	if p != nil && p.width > 0 {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-3]) + "..."
	}
	return s
}
