package logs

import "github.com/fairleadproxy/fairlead/core/expr"

// Target is one log table of the configuration: a logger, and what goes to it
// (HAProxy manual 4.2 "log"). It may be used by all streams at once.
type Target struct {
	Logger Logger
	// Format makes the lines; nil means the proxy's.
	Format Formatter
	// Facility replaces the logger's own, where the logger has one.
	Facility Facility
	// Level is the least important level that is logged.
	Level Level
	// MinLevel caps the severity: lines that are more severe are logged at it.
	MinLevel Level
	// Sample chooses the lines to log; nil chooses all.
	Sample *Sampler
}

// NewTarget gives a target that logs all lines, at every level.
func NewTarget(l Logger, f Formatter) *Target {
	return &Target{Logger: l, Format: f, Level: Debug}
}

// take counts a line against the sample and reports whether it is to be logged.
func (t *Target) take(level Level) bool { return level <= t.Level && t.Sample.Take() }

func (t *Target) send(level Level, line []byte) {
	level = max(level, t.MinLevel)
	if t.Facility != NoFacility {
		if fl, ok := t.Logger.(FacilityLogger); ok {
			fl.LogAs(t.Facility, level, line)
			return
		}
	}
	t.Logger.Log(level, line)
}

// Log sends a line that is ready made, such as that a server went down.
func (t *Target) Log(level Level, line []byte) {
	if t.take(level) {
		t.send(level, line)
	}
}

// Targets are those of a proxy, in the order of the configuration.
type Targets []*Target

// Log sends a line that is ready made to all targets.
func (ts Targets) Log(level Level, line []byte) {
	for _, t := range ts {
		t.Log(level, line)
	}
}

// Wants reports whether any target logs lines of the level, so that those
// which nobody reads need not be made. It does not count against samples.
func (ts Targets) Wants(level Level) bool {
	for _, t := range ts {
		if level <= t.Level {
			return true
		}
	}
	return false
}

// Emit makes the line of the stream in e and sends it to all targets that take
// it. Targets without a format of their own get the line of def, the proxy's,
// which is made once. buf is scratch space, which comes back to be used again.
func (ts Targets) Emit(level Level, def Formatter, buf []byte, e *expr.Env) []byte {
	buf = buf[:0]
	made := false // buf holds def's line
	for _, t := range ts {
		switch {
		case t.Format == nil && def == nil || !t.take(level):
			continue
		case t.Format != nil:
			buf, made = t.Format.Append(buf[:0], e), false
		case !made:
			buf, made = def.Append(buf[:0], e), true
		}
		t.send(level, buf)
	}
	return buf
}
