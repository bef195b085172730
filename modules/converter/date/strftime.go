package date

import (
	"fmt"
	"strconv"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// format is a parsed strftime format.
type format struct {
	parts []conversion
	size  int // bytes that the result takes at most
}

// conversion is one letter with a width for %N, or text before the next one.
type conversion struct {
	text  string // where letter is 0
	code  byte
	width int
}

// widest is more than any conversion writes.
const widest = 40

func bindFormat(_ *expr.Scope, a *expr.Args) error {
	f := &format{}
	f.parse(a.Str(0))
	for _, p := range f.parts {
		f.size += widest + len(p.text)
	}
	a.Data = f
	return nil
}

// composite are the conversions that stand for others, in the C locale.
var composite = map[byte]string{
	'c': "%a %b %e %H:%M:%S %Y", 'D': "%m/%d/%y", 'F': "%Y-%m-%d", 'r': "%I:%M:%S %p",
	'R': "%H:%M", 'T': "%H:%M:%S", 'x': "%m/%d/%y", 'X': "%H:%M:%S", 'h': "%b",
}

// parse takes the format apart. Letters that mean nothing stay as they are, as
// in the C library.
func (f *format) parse(s string) {
	for s != "" {
		i := 0
		for i < len(s) && s[i] != '%' {
			i++
		}
		if i > 0 {
			f.parts = append(f.parts, conversion{text: s[:i]})
			s = s[i:]
			continue
		}
		n, width := 1, 0
		for ; n < len(s) && s[n] >= '0' && s[n] <= '9' && width < 10; n++ {
			width = width*10 + int(s[n]-'0')
		}
		switch {
		case n < len(s) && s[n] == 'N':
			if width < 1 || width > 9 {
				width = 9
			}
			f.parts = append(f.parts, conversion{code: 'N', width: width})
			s = s[n+1:]
		case len(s) == 1:
			f.parts = append(f.parts, conversion{text: s})
			s = ""
		default:
			f.letter(s[1])
			s = s[2:]
		}
	}
}

// letter adds the conversion of a letter.
func (f *format) letter(c byte) {
	switch {
	case composite[c] != "":
		f.parse(composite[c])
	case c == '%' || c == 'n' || c == 't':
		f.parts = append(f.parts, conversion{text: map[byte]string{'%': "%", 'n': "\n", 't': "\t"}[c]})
	case known(c):
		f.parts = append(f.parts, conversion{code: c})
	default:
		f.parts = append(f.parts, conversion{text: fmt.Sprintf("%%%c", c)})
	}
}

func known(c byte) bool {
	const letters = "aAbBCdeGgHIjklmMpPsSuUVwWyYzZ"
	for i := range len(letters) {
		if letters[i] == c {
			return true
		}
	}
	return false
}

func (f *format) append(dst []byte, t time.Time) []byte {
	for i := range f.parts {
		p := &f.parts[i]
		switch p.code {
		case 0:
			dst = append(dst, p.text...)
		case 'N':
			dst = fraction(dst, t.Nanosecond(), p.width)
		default:
			dst = appendLetter(dst, p.code, t)
		}
	}
	return dst
}

// fraction writes the first digits of nine.
func fraction(dst []byte, nanoseconds, width int) []byte {
	for div := 100000000; width > 0; width-- {
		dst = append(dst, byte('0'+nanoseconds/div%10))
		div /= 10
	}
	return dst
}

func appendLetter(dst []byte, c byte, t time.Time) []byte {
	switch c {
	case 'a':
		return append(dst, t.Weekday().String()[:3]...)
	case 'A':
		return append(dst, t.Weekday().String()...)
	case 'b':
		return append(dst, t.Month().String()[:3]...)
	case 'B':
		return append(dst, t.Month().String()...)
	case 'p':
		return t.AppendFormat(dst, "PM")
	case 'P':
		return t.AppendFormat(dst, "pm")
	case 'z':
		return t.AppendFormat(dst, "-0700")
	case 'Z':
		return appendZone(dst, t)
	case 's':
		return strconv.AppendInt(dst, t.Unix(), 10)
	case 'Y':
		return strconv.AppendInt(dst, int64(t.Year()), 10)
	}
	n, digits, pad := numeric(c, t)
	return padded(dst, n, digits, pad)
}

// appendZone calls UTC by the name that C libraries give it.
func appendZone(dst []byte, t time.Time) []byte {
	name, _ := t.Zone()
	if name == "UTC" {
		name = "GMT"
	}
	return append(dst, name...)
}

// numeric gives the number that a letter stands for, how many digits it has at
// least, and what it is filled up with.
func numeric(c byte, t time.Time) (n, digits int, pad byte) {
	isoYear, isoWeek := t.ISOWeek()
	switch c {
	case 'C':
		return t.Year() / 100, 2, '0'
	case 'd':
		return t.Day(), 2, '0'
	case 'e':
		return t.Day(), 2, ' '
	case 'G':
		return isoYear, 4, '0'
	case 'g':
		return isoYear % 100, 2, '0'
	case 'H':
		return t.Hour(), 2, '0'
	case 'k':
		return t.Hour(), 2, ' '
	case 'I':
		return (t.Hour()+11)%12 + 1, 2, '0'
	case 'l':
		return (t.Hour()+11)%12 + 1, 2, ' '
	case 'j':
		return t.YearDay(), 3, '0'
	case 'm':
		return int(t.Month()), 2, '0'
	case 'M':
		return t.Minute(), 2, '0'
	case 'S':
		return t.Second(), 2, '0'
	case 'u':
		return (int(t.Weekday())+6)%7 + 1, 1, '0'
	case 'w':
		return int(t.Weekday()), 1, '0'
	case 'U': // weeks begin on Sunday
		return (t.YearDay() + 6 - int(t.Weekday())) / 7, 2, '0'
	case 'W': // on Monday
		return (t.YearDay() + 6 - (int(t.Weekday())+6)%7) / 7, 2, '0'
	case 'V':
		return isoWeek, 2, '0'
	}
	return t.Year() % 100, 2, '0' // y
}

// padded writes a number of at least so many digits.
func padded(dst []byte, n, digits int, pad byte) []byte {
	for least := 10; digits > 1; digits-- {
		if n < least {
			dst = append(dst, pad)
		}
		least *= 10
	}
	return strconv.AppendInt(dst, int64(n), 10)
}
