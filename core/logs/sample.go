package logs

import (
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
)

// Sampler lets a part of the lines through: of every size lines those whose
// numbers, counted from 1, lie in its ranges. It is safe for concurrent use.
type Sampler struct {
	ranges []span
	size   uint64
	seen   atomic.Uint64
}

type span struct{ low, high uint64 }

// maxSample is the largest sample size, so that no sum can overflow.
const maxSample uint64 = 1 << 31

// ParseSample makes a sampler of ranges and a sample size: "1:10" is the first
// of every ten lines, "2-3,8:11" the second, third and eighth of every eleven
// (HAProxy manual 4.2 "log"). Ranges may come in any order but not overlap.
func ParseSample(text string) (*Sampler, error) {
	ranges, size, ok := strings.Cut(text, ":")
	if !ok {
		return nil, fmt.Errorf("sample %q has no size: write ranges and a size, such as \"1:10\" for the first of every ten lines", text)
	}
	s := &Sampler{}
	var err error
	if s.size, err = sampleNumber(text, "size", size); err != nil {
		return nil, err
	}
	for part := range strings.SplitSeq(ranges, ",") {
		r, err := sampleRange(text, part)
		if err != nil {
			return nil, err
		}
		if r.high > s.size {
			return nil, fmt.Errorf("sample %q: %d is beyond the sample's %d lines: write a size of at least %d", text, r.high, s.size, r.high)
		}
		for _, o := range s.ranges {
			if r.low <= o.high && o.low <= r.high {
				return nil, fmt.Errorf("sample %q: range %q overlaps another: name each line once", text, part)
			}
		}
		s.ranges = append(s.ranges, r)
	}
	return s, nil
}

func sampleRange(text, part string) (span, error) {
	low, high, two := strings.Cut(part, "-")
	if !two {
		high = low
	}
	var r span
	var err error
	if r.low, err = sampleNumber(text, "range", low); err != nil {
		return r, err
	}
	if r.high, err = sampleNumber(text, "range", high); err != nil {
		return r, err
	}
	if r.low > r.high {
		return r, fmt.Errorf("sample %q: range %q ends before it begins: write \"%d-%d\"", text, part, r.high, r.low)
	}
	return r, nil
}

func sampleNumber(text, what, digits string) (uint64, error) {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n < 1 || n > maxSample {
		return 0, fmt.Errorf("sample %q: %s %q is not a number from 1 to %d", text, what, digits, maxSample)
	}
	return n, nil
}

// Take counts a line and reports whether it is in the sample. A nil sampler
// takes all lines.
func (s *Sampler) Take() bool {
	if s == nil {
		return true
	}
	n := (s.seen.Add(1)-1)%s.size + 1
	for _, r := range s.ranges {
		if r.low <= n && n <= r.high {
			return true
		}
	}
	return false
}
