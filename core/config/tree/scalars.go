package tree

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// scalar decodes strings, booleans and numbers. A string that has the value of
// an environment variable in it also stands for a number or boolean.
func (d *decoder) scalar(n *Node, v reflect.Value, f *field) {
	switch v.Kind() {
	case reflect.String:
		if n.Kind != String {
			d.mismatch(n, "a string")
			return
		}
		if d.allowed(n, f) {
			v.SetString(n.Str())
		}
	case reflect.Bool:
		b, err := strconv.ParseBool(n.Str())
		switch {
		case n.Kind == Bool:
			v.SetBool(n.Bool())
		case n.expanded && err == nil:
			v.SetBool(b)
		default:
			d.mismatch(n, "true or false")
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if i, ok := d.integer(n, f); ok {
			if v.OverflowInt(i) {
				d.errs.On(n, "%d is out of range", i)
				return
			}
			v.SetInt(i)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if i, ok := d.integer(n, f); ok {
			if i < 0 || v.OverflowUint(uint64(i)) {
				d.errs.On(n, "%d is out of range", i)
				return
			}
			v.SetUint(uint64(i))
		}
	case reflect.Float32, reflect.Float64:
		d.float(n, v, f)
	default:
		d.errs.On(n, "internal error: cannot decode into %v", v.Type())
	}
}

func (d *decoder) integer(n *Node, f *field) (int64, bool) {
	i := n.Int()
	if n.Kind != Int {
		var err error
		if i, err = strconv.ParseInt(n.Str(), 10, 64); !n.expanded || err != nil {
			d.mismatch(n, "an integer")
			return 0, false
		}
	}
	return i, d.inRange(n, f, i, func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
}

func (d *decoder) float(n *Node, v reflect.Value, f *field) {
	x := n.Float()
	switch n.Kind {
	case Float:
	case Int:
		x = float64(n.Int())
	default:
		var err error
		if x, err = strconv.ParseFloat(n.Str(), 64); !n.expanded || err != nil {
			d.mismatch(n, "a number")
			return
		}
	}
	low, high := math.Inf(-1), math.Inf(1)
	if y, err := strconv.ParseFloat(f.min, 64); err == nil {
		low = y
	}
	if y, err := strconv.ParseFloat(f.max, 64); err == nil {
		high = y
	}
	switch {
	case math.IsNaN(x) || v.OverflowFloat(x) && !math.IsInf(x, 0):
		d.errs.On(n, "%v is out of range", x)
	case x < low:
		d.errs.On(n, "%v is below the minimum %s", x, f.min)
	case x > high:
		d.errs.On(n, "%v is above the maximum %s", x, f.max)
	default:
		v.SetFloat(x)
	}
}

// inRange checks the limits of a field, which parse reads.
func (d *decoder) inRange(n *Node, f *field, i int64, parse func(string) (int64, error)) bool {
	if limit, err := parse(f.min); err == nil && f.min != "" && i < limit {
		d.errs.On(n, "%s is below the minimum %s", n.written(), f.min)
		return false
	}
	if limit, err := parse(f.max); err == nil && f.max != "" && i > limit {
		d.errs.On(n, "%s is above the maximum %s", n.written(), f.max)
		return false
	}
	return true
}

// written gives a string or number as it stands in the file.
func (n *Node) written() string {
	if n.Kind == String {
		return strconv.Quote(n.Str())
	}
	return strconv.FormatInt(n.Int(), 10)
}

// allowed checks a string against the field's enum.
func (d *decoder) allowed(n *Node, f *field) bool {
	if f.enum == nil || slices.Contains(f.enum, n.Str()) {
		return true
	}
	e := d.errs.On(n, "unknown value %q", n.Str()).Suggest(n.Str(), f.enum)
	if e.Hint == "" {
		e.Hint = "write one of " + strings.Join(f.enum, ", ")
	}
	return false
}
