package tree

import (
	"fmt"
	"sort"
	"unicode/utf8"
)

// Pos is a place in a configuration file. The zero value means nowhere, as for
// defaults and for values that the program makes itself.
type Pos struct {
	// File is the file's name as it was given, or found in a directory.
	File string `json:"file"`
	// Line and Col count from 1; columns are characters.
	Line int `json:"line"`
	Col  int `json:"column"`

	src *source
	off int // where in the source, in bytes
	end int // where the token ends, for strings
}

// IsZero reports whether the position is nowhere.
func (p Pos) IsZero() bool { return p.Line == 0 }

// String gives file:line:col, or "" for nowhere.
func (p Pos) String() string {
	if p.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Offset gives the place of byte n of the string value at p, as the string is
// after escapes and variables were replaced. A place inside the value of a
// variable is that of its ${. For other values it is p itself.
func (p Pos) Offset(n int) Pos {
	if p.src == nil || !p.quoted() {
		return p
	}
	return p.src.pos(p.src.within(p.off, p.end, p.src.unexpand(p.off, max(0, n))), 0)
}

func (p Pos) quoted() bool {
	return p.off < len(p.src.text) && (p.src.text[p.off] == '"' || p.src.text[p.off] == '\'')
}

// before orders positions by file, line and column, nowhere first.
func (p Pos) before(q Pos) bool {
	switch {
	case p.File != q.File:
		return p.File < q.File
	case p.Line != q.Line:
		return p.Line < q.Line
	}
	return p.Col < q.Col
}

// source is the text of a file.
type source struct {
	name  string
	text  string
	lines []int // where each line begins
	// expansions are those of the string value at an offset.
	expansions map[int][]expansion
}

func newSource(name, text string) *source {
	s := &source{name: name, text: text, lines: []int{0}, expansions: map[int][]expansion{}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// pos gives the position of a byte, which may be the end of the text.
func (s *source) pos(off, end int) Pos {
	off = min(off, len(s.text))
	line := sort.SearchInts(s.lines, off+1) // the number of lines that begin at or before off
	col := utf8.RuneCountInString(s.text[s.lines[line-1]:off]) + 1
	return Pos{File: s.name, Line: line, Col: col, src: s, off: off, end: end}
}

// line gives the text of a line, without its end.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.text)
	if n < len(s.lines) {
		end = s.lines[n] - 1
	}
	if end > s.lines[n-1] && s.text[end-1] == '\r' {
		end--
	}
	return s.text[s.lines[n-1]:end]
}

// within gives where byte n of the string whose quote is at off stands in the text.
func (s *source) within(off, end, n int) int {
	t := s.text
	escapes := t[off] == '"'
	i, stop := off+1, end-1
	if end-off >= 6 && t[off+1] == t[off] && t[off+2] == t[off] { // three quotes
		i, stop = off+3, end-3
		if i < stop && t[i] == '\r' {
			i++
		}
		if i < stop && t[i] == '\n' {
			i++
		}
	}
	for i < stop {
		size, width := 1, 1 // bytes in the text and in the value
		if escapes && t[i] == '\\' {
			size, width = escape(t[i:stop])
		}
		if n < width {
			return i
		}
		n -= width
		i += size
	}
	return stop
}

// escape tells how many bytes the escape sequence at the start of t takes, and
// how many it stands for. t is valid TOML.
func escape(t string) (size, width int) {
	digits := 0
	switch {
	case len(t) < 2:
		return len(t), 0
	case t[1] == 'x':
		digits = 2
	case t[1] == 'u':
		digits = 4
	case t[1] == 'U':
		digits = 8
	case t[1] == ' ' || t[1] == '\t' || t[1] == '\r' || t[1] == '\n': // the line goes on
		size = 1
		for size < len(t) && (t[size] == ' ' || t[size] == '\t' || t[size] == '\r' || t[size] == '\n') {
			size++
		}
		return size, 0
	default:
		return 2, 1
	}
	r, _ := hexRune(t[2:min(len(t), 2+digits)])
	return min(len(t), 2+digits), max(1, utf8.RuneLen(r))
}

func hexRune(digits string) (r rune, ok bool) {
	for i := range len(digits) {
		c := digits[i]
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return utf8.RuneError, false
		}
	}
	return r, digits != ""
}
