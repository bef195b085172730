package tree

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time span. In files it is a string with a number and one of
// HAProxy's units us, ms, s, m, h and d (manual section 2.5), or an integer, in
// milliseconds.
type Duration = time.Duration

// Size is a number of bytes. In files it is a string with a number and one of
// HAProxy's units k, m and g, in either case (manual section 2.6), or an integer.
type Size int64

var durationUnits = []struct {
	name string
	unit time.Duration
}{
	{"us", time.Microsecond},
	{"ms", time.Millisecond},
	{"s", time.Second},
	{"m", time.Minute},
	{"h", time.Hour},
	{"d", 24 * time.Hour},
	{"", time.Millisecond}, // last, for it is the end of all
}

// ParseDuration reads a number with one of HAProxy's time units; a number alone
// is milliseconds. There are no fractions and no negative numbers.
func ParseDuration(s string) (time.Duration, error) {
	for _, u := range durationUnits {
		digits, ok := strings.CutSuffix(s, u.name)
		if !ok || !number(digits) {
			continue
		}
		v, err := scaled(digits, int64(u.unit))
		return time.Duration(v), err
	}
	return 0, fmt.Errorf("%q is no duration", s)
}

// ParseSize reads a number with one of HAProxy's size units; a number alone is bytes.
func ParseSize(s string) (Size, error) {
	digits, unit := s, int64(1)
	if s != "" {
		if i := strings.IndexByte("kmg", s[len(s)-1]|0x20); i >= 0 {
			digits, unit = s[:len(s)-1], 1<<(10*(i+1))
		}
	}
	if !number(digits) {
		return 0, fmt.Errorf("%q is no size", s)
	}
	v, err := scaled(digits, unit)
	return Size(v), err
}

func number(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

var errTooLarge = errors.New("the number is too large")

func scaled(digits string, unit int64) (int64, error) {
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, errTooLarge
	}
	return n * unit, nil
}

func (d *decoder) duration(n *Node, into *time.Duration, f *field) {
	v, ok := measure(d, n, durationForm, int64(time.Millisecond), func(s string) (int64, error) {
		v, err := ParseDuration(s)
		return int64(v), err
	}, f)
	if ok {
		*into = time.Duration(v)
	}
}

func (d *decoder) size(n *Node, into *Size, f *field) {
	v, ok := measure(d, n, sizeForm, 1, func(s string) (int64, error) {
		v, err := ParseSize(s)
		return int64(v), err
	}, f)
	if ok {
		*into = Size(v)
	}
}

// What durations and sizes look like, for errors.
const (
	durationForm = `a number with us, ms, s, m, h or d, such as "5s"`
	sizeForm     = `a number with k, m or g, such as "16k"`
)

// measure decodes a number with a unit: a string, or an integer of a default unit.
func measure(d *decoder, n *Node, want string, unit int64, parse func(string) (int64, error), f *field) (int64, bool) {
	var v int64
	var err error
	switch n.Kind {
	case String:
		v, err = parse(n.Str())
	case Int:
		if n.Int() < 0 {
			d.errs.On(n, "want %s, got %d", want, n.Int())
			return 0, false
		}
		v, err = scaled(strconv.FormatInt(n.Int(), 10), unit)
	default:
		d.mismatch(n, want)
		return 0, false
	}
	switch {
	case errors.Is(err, errTooLarge):
		d.errs.On(n, "%s is too large", n.written())
		return 0, false
	case err != nil:
		d.errs.On(n, "want %s, got %q", want, n.Str())
		return 0, false
	}
	return v, d.inRange(n, f, v, parse)
}
