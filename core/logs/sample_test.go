package logs

import (
	"fmt"
	"strings"
	"testing"
)

func TestSample(t *testing.T) {
	tests := []struct{ in, want string }{
		{"1:1", "xxxxxxxxxxxx"},
		{"1:4", "x...x...x..."},
		{"4:4", "...x...x...x"},
		{"2-3:4", ".xx..xx..xx."},
		{"1,3-4,2:6", "xxxx..xxxx.."},
		{"5,1:6", "x...x.x...x."},
		{"01:02", "x.x.x.x.x.x."},
	}
	for _, tt := range tests {
		s, err := ParseSample(tt.in)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		var got strings.Builder
		for range 12 {
			got.WriteByte(".x"[btoi(s.Take())])
		}
		if got.String() != tt.want {
			t.Errorf("%q takes %s, want %s", tt.in, &got, tt.want)
		}
	}
	if !(*Sampler)(nil).Take() {
		t.Error("no sampler does not take all lines")
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// The cases are those that HAProxy refuses too.
func TestSampleRefused(t *testing.T) {
	tests := []struct{ in, want string }{
		{"1", "has no size"},
		{"2:1", "write a size of at least 2"},
		{"0:1", `range "0" is not a number`},
		{"3-1:4", `write "1-3"`},
		{"1,1:4", "overlaps"},
		{"1-3,2-4:8", "overlaps"},
		{"1-0:3", `range "0" is not a number`},
		{"-1:3", `range "" is not a number`},
		{":3", `range "" is not a number`},
		{"1:", `size "" is not a number`},
		{"1:0", `size "0" is not a number`},
		{"1, 2:3", `range " 2" is not a number`},
		{"1:99999999999999999999", "is not a number"},
	}
	for _, tt := range tests {
		_, err := ParseSample(tt.in)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), fmt.Sprintf("%q", tt.in)) {
			t.Errorf("%q: error %v, want one with %q", tt.in, err, tt.want)
		}
	}
}

func FuzzParseSample(f *testing.F) {
	f.Add("1:10")
	f.Add("1-3,5:9")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := ParseSample(text); err == nil {
			s.Take()
		}
	})
}
