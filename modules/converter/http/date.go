package http

import (
	"bytes"
	"fmt"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// The formats of dates (RFC 9110 section 5.6.7); the first is the one written.
const (
	imfDate = "Mon, 02 Jan 2006 15:04:05 GMT"
	rfc850  = "Monday, 02-Jan-06 15:04:05 GMT"
)

// lastYear9999 is the last second that the formats have room for.
const lastYear9999 = 253402300799

func bindDate(_ *expr.Scope, a *expr.Args) error {
	units := map[string]int64{"": 1, "s": 1, "ms": 1e3, "us": 1e6}
	unit, ok := units[a.Str(1)]
	if !ok {
		return fmt.Errorf("unknown unit %q; use s, ms or us", a.Str(1))
	}
	a.Data = unit
	return nil
}

// writeDate gives nothing for dates before 1970 or after the year 9999.
func writeDate(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	offset := a.Int(0, 0)
	n := s.Int + offset
	if (n < s.Int) != (offset < 0) {
		return false // it does not fit
	}
	if n /= a.Data.(int64); n < 0 || n > lastYear9999 {
		return false
	}
	s.SetStr(time.Unix(n, 0).UTC().AppendFormat(e.Scratch(len(imfDate)), imfDate))
	return true
}

// readDate tells the formats apart by the comma, as an attempt that fails costs
// an error.
func readDate(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	layout := rfc850
	switch bytes.IndexByte(s.Bytes, ',') {
	case -1:
		layout = time.ANSIC
	case 3:
		layout = imfDate
	}
	t, err := time.Parse(layout, expr.String(s.Bytes))
	if err != nil {
		return false
	}
	s.SetInt(t.Unix())
	return true
}
