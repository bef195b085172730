package logs

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

var headerTime = time.Date(2026, 11, 3, 10, 50, 57, 493855123, time.FixedZone("", 2*3600))

// The expected messages are what HAProxy 2.6 sends in its formats of the same
// names, but for the name of the program.
func TestHeaderStyles(t *testing.T) {
	pid := strconv.Itoa(os.Getpid())
	tests := []struct {
		style, host, want string
	}{
		{"raw", "", `text`},
		{"short", "", `<6>text`},
		{"timed", "", `<6>2026-11-03T10:50:57.493855+02:00 text`},
		{"iso", "", `2026-11-03T10:50:57.493855+02:00 text`},
		{"priority", "", `<158>text`},
		{"local", "box", `<158>Nov  3 10:50:57 fairlead[PID]: text`},
		{"rfc3164", "box", `<158>Nov  3 10:50:57 box fairlead[PID]: text`},
		{"rfc3164", "-", `<158>Nov  3 10:50:57 localhost fairlead[PID]: text`},
		{"rfc5424", "box", `<158>1 2026-11-03T10:50:57.493855+02:00 box fairlead PID - - text`},
		{"rfc5424", "-", `<158>1 2026-11-03T10:50:57.493855+02:00 - fairlead PID - - text`},
	}
	for _, tt := range tests {
		c := SinkConfig{Hostname: tt.host, Facility: mustFacility(t, "local3")}
		if err := c.Header.UnmarshalText([]byte(tt.style)); err != nil {
			t.Fatal(err)
		}
		h, err := NewHeader(c, 0)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(tt.want, "PID", pid)
		for range 2 { // the second time from what is remembered
			if got := string(h.Append(nil, &Line{Time: headerTime, Level: Info, Text: []byte("text")})); got != want {
				t.Errorf("%s, host %q:\n got %s\nwant %s", tt.style, tt.host, got, want)
			}
		}
	}
}

func mustFacility(t *testing.T, name string) Facility {
	t.Helper()
	f, err := ParseFacility(name)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestHeaderDetails(t *testing.T) {
	system, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	next := headerTime.Add(time.Second)
	tests := []struct {
		name string
		c    SinkConfig
		max  int
		line Line
		want string
	}{
		{"the system's name", SinkConfig{Header: RFC5424}, 0, Line{Time: headerTime}, " " + system + " fairlead "},
		{"local0 unless told", SinkConfig{Header: Priority}, 0, Line{Level: Debug, Text: []byte("x")}, "<135>x"},
		{"the line's facility", SinkConfig{Header: Priority, Facility: Daemon}, 0, Line{Facility: Kern, Text: []byte("x")}, "<0>x"},
		{"tag", SinkConfig{Header: Local, Tag: "edge"}, 0, Line{Time: next}, "10:50:58 edge["},
		{"no line ends within", SinkConfig{}, 0, Line{Text: []byte("a\nb\r\x00\x7f\tc")}, "a#0Ab#0D#00#7F\tc"},
		{"other bytes stay", SinkConfig{}, 0, Line{Text: []byte("é\xff")}, "é\xff"},
		{"cut to the length", SinkConfig{Header: Short}, 8, Line{Text: []byte("0123456789")}, "<0>01234"},
	}
	for _, tt := range tests {
		h, err := NewHeader(tt.c, tt.max)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		h.Append(nil, &Line{Time: headerTime})
		got := string(h.Append([]byte("before|"), &tt.line))
		if !strings.HasPrefix(got, "before|") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q in it", tt.name, got, tt.want)
		}
		if tt.max > 0 && len(got) != len("before|")+tt.max {
			t.Errorf("%s: %q has not %d bytes", tt.name, got, tt.max)
		}
	}
}

func TestHeaderRefused(t *testing.T) {
	tests := []struct {
		c    SinkConfig
		want string
	}{
		{SinkConfig{Tag: "a b"}, `tag: "a b"`},
		{SinkConfig{Tag: strings.Repeat("a", 49)}, "has 49 bytes: write at most 48"},
		{SinkConfig{Hostname: "a\n"}, `hostname: "a\n"`},
		{SinkConfig{Hostname: "é"}, "visible ASCII"},
	}
	for _, tt := range tests {
		if _, err := NewHeader(tt.c, 0); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want one with %q", tt.c, err, tt.want)
		}
	}
}

// Every byte is escaped or not by what it is, wherever it stands.
func TestAppendPlain(t *testing.T) {
	for c := range 256 {
		for at := range 20 {
			text := bytes.Repeat([]byte("\x80a"), 10)
			text[at] = byte(c)
			want := string(text)
			if c < ' ' && c != '\t' || c == 0x7f {
				want = want[:at] + fmt.Sprintf("#%02X", c) + want[at+1:]
			}
			if got := string(appendPlain(nil, text)); got != want {
				t.Fatalf("byte %#x at %d: %q, want %q", c, at, got, want)
			}
		}
	}
}
