package logs

import (
	"strings"
	"testing"
)

func TestLevelsAndFacilities(t *testing.T) {
	for i, name := range strings.Fields("emerg alert crit err warning notice info debug") {
		l, err := ParseLevel(name)
		if err != nil || l != Level(i) || l.String() != name {
			t.Errorf("level %q is %d %q, %v; want %d", name, l, l, err, i)
		}
	}
	names := strings.Fields(`kern user mail daemon auth syslog lpr news uucp cron auth2 ftp ntp audit alert cron2
		local0 local1 local2 local3 local4 local5 local6 local7`)
	for i, name := range names {
		f, err := ParseFacility(name)
		if err != nil || f.code() != i || f.String() != name {
			t.Errorf("facility %q is %d %q, %v; want %d", name, f.code(), f, err, i)
		}
	}
	if Kern.String() != "kern" || Daemon.String() != "daemon" || Local0.String() != "local0" {
		t.Errorf("constants are %q, %q and %q", Kern, Daemon, Local0)
	}
}

func TestNamesRefused(t *testing.T) {
	tests := []struct {
		text string
		into interface{ UnmarshalText([]byte) error }
		want string
	}{
		{"loud", new(Level), `unknown level "loud": `},
		{"", new(Level), "emerg, alert, crit, err, warning, notice, info, debug"},
		{"INFO", new(Level), `unknown level "INFO": `},
		{"local8", new(Facility), `unknown facility "local8": `},
		{"rfc5425", new(Style), `unknown header style "rfc5425": `},
	}
	for _, tt := range tests {
		err := tt.into.UnmarshalText([]byte(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want one with %q", tt.text, err, tt.want)
		}
	}
	if l := Level(Notice); l.UnmarshalText([]byte("x")) == nil || l != Notice {
		t.Errorf("a refused name left the level at %v", l)
	}
}
