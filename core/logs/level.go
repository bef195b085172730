package logs

import (
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
)

// Level is a syslog severity, 0 (emerg) to 7 (debug); RFC 5424 section 6.2.1.
// The lower the number, the more severe.
type Level uint8

// The levels.
const (
	Emerg Level = iota
	Alert
	Crit
	Err
	Warning
	Notice
	Info
	Debug
)

var levelNames = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}

// String gives the level's name in the words of the configuration.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return fmt.Sprintf("level %d", l)
}

// ParseLevel gives the level of a name (HAProxy manual 4.2 "log").
func ParseLevel(name string) (Level, error) {
	i, err := find("level", name, levelNames)
	return Level(i), err
}

// MarshalText gives the level's name.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is ParseLevel, for configurations.
func (l *Level) UnmarshalText(text []byte) error {
	v, err := ParseLevel(string(text))
	if err == nil {
		*l = v
	}
	return err
}

// Facility is a syslog facility (RFC 5424 section 6.2.1). The zero value is
// none: the logger's own is used.
type Facility uint8

// The facilities that code names; all 24 have names in configurations.
const (
	NoFacility Facility = 0
	Kern       Facility = 1
	Daemon     Facility = 4
	Local0     Facility = 17
)

var facilityNames = []string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news",
	"uucp", "cron", "auth2", "ftp", "ntp", "audit", "alert", "cron2",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

// String gives the facility's name in the words of the configuration, "" for none.
func (f Facility) String() string {
	switch {
	case f == NoFacility:
		return ""
	case int(f) <= len(facilityNames):
		return facilityNames[f-1]
	}
	return fmt.Sprintf("facility %d", f-1)
}

// code gives the number that stands for the facility in messages.
func (f Facility) code() int { return int(f - 1) }

// ParseFacility gives the facility of a name (HAProxy manual 4.2 "log").
func ParseFacility(name string) (Facility, error) {
	i, err := find("facility", name, facilityNames)
	return Facility(i + 1), err
}

// MarshalText gives the facility's name.
func (f Facility) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is ParseFacility, for configurations.
func (f *Facility) UnmarshalText(text []byte) error {
	v, err := ParseFacility(string(text))
	if err == nil {
		*f = v
	}
	return err
}

// find gives the place of name in names; the error says what to write instead.
func find(what, name string, names []string) (int, error) {
	for i, n := range names {
		if n == name {
			return i, nil
		}
	}
	if near := module.Suggest(name, names); near != "" {
		return -1, fmt.Errorf("unknown %s %q: did you mean %q?", what, name, near)
	}
	return -1, fmt.Errorf("unknown %s %q: write one of %s", what, name, strings.Join(names, ", "))
}
