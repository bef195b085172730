package logs

import (
	"fmt"
	"slices"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// record is a logger that keeps what it gets.
type record struct{ lines []string }

func (r *record) Log(l Level, line []byte) { r.LogAs(NoFacility, l, line) }
func (r *record) LogAs(f Facility, l Level, line []byte) {
	r.lines = append(r.lines, fmt.Sprintf("%s %s %s", f, l, line))
}

// plain is a logger without facilities.
type plain struct{ lines []string }

func (p *plain) Log(l Level, line []byte) { p.lines = append(p.lines, fmt.Sprintf("%s %s", l, line)) }

// counted is a formatter that numbers its lines.
type counted struct {
	name string
	made int
}

func (c *counted) Append(dst []byte, _ *expr.Env) []byte {
	c.made++
	return fmt.Appendf(dst, "%s%d", c.name, c.made)
}

func TestTargetLevels(t *testing.T) {
	tests := []struct {
		max, min, level Level
		want            []string
	}{
		{Debug, Emerg, Debug, []string{" debug x"}},
		{Notice, Emerg, Info, nil},
		{Notice, Emerg, Notice, []string{" notice x"}},
		{Notice, Emerg, Emerg, []string{" emerg x"}},
		{Info, Warning, Emerg, []string{" warning x"}}, // capped
		{Info, Warning, Info, []string{" info x"}},
	}
	for _, tt := range tests {
		var r record
		target := NewTarget(&r, nil)
		target.Level, target.MinLevel = tt.max, tt.min
		Targets{target}.Log(tt.level, []byte("x"))
		if !slices.Equal(r.lines, tt.want) {
			t.Errorf("level %v, min %v, a line of %v: %q, want %q", tt.max, tt.min, tt.level, r.lines, tt.want)
		}
	}
}

func TestTargetFacilityAndSample(t *testing.T) {
	var r record
	var p plain
	sampler, err := ParseSample("2:3")
	if err != nil {
		t.Fatal(err)
	}
	ts := Targets{NewTarget(&r, nil), NewTarget(&p, nil)}
	ts[0].Facility, ts[0].Sample, ts[0].Level = Daemon, sampler, Notice
	ts[1].Facility = Daemon
	for i := range 7 {
		ts.Log(Info, []byte("not counted"))
		ts.Log(Notice, fmt.Append(nil, i))
	}
	if want := []string{"daemon notice 1", "daemon notice 4"}; !slices.Equal(r.lines, want) {
		t.Errorf("sampled %q, want %q", r.lines, want)
	}
	if len(p.lines) != 14 || p.lines[1] != "notice 0" {
		t.Errorf("a logger without facilities got %q", p.lines)
	}
}

func TestEmit(t *testing.T) {
	var a, b, c, d record
	def, own := &counted{name: "def"}, &counted{name: "own"}
	ts := Targets{NewTarget(&a, nil), NewTarget(&b, nil), NewTarget(&c, own), NewTarget(&d, nil)}
	ts[1].Level = Err
	buf := ts.Emit(Info, def, []byte("old"), nil)
	for i, want := range [][]string{{" info def1"}, nil, {" info own1"}, {" info def2"}} {
		if got := [][]string{a.lines, b.lines, c.lines, d.lines}[i]; !slices.Equal(got, want) {
			t.Errorf("target %d got %q, want %q", i, got, want)
		}
	}
	if string(buf) != "def2" {
		t.Errorf("scratch space holds %q", buf)
	}
	ts[:2].Emit(Alert, def, buf, nil)
	if def.made != 3 || b.lines[0] != " alert def3" {
		t.Errorf("the line was made %d times, want once for two targets in a row", def.made-2)
	}
	ts[:1].Emit(Info, nil, nil, nil)
	if len(a.lines) != 2 {
		t.Errorf("a target without any format logged %q", a.lines)
	}
	if !ts.Wants(Debug) || ts[1:2].Wants(Warning) || (Targets)(nil).Wants(Emerg) {
		t.Error("Wants is wrong about levels")
	}
}
