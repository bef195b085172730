package otlp

import (
	"strconv"
	"unicode/utf8"

	"github.com/fairleadproxy/fairlead/core/logs"
)

// What follows is ExportLogsServiceRequest of OTLP 1.x in its JSON form.

const suffix = "]}]}]}"

// appendPrefix begins a request: the resource and all up to the first record.
func appendPrefix(b []byte, list []attribute) []byte {
	b = append(b, `{"resourceLogs":[{"resource":{"attributes":[`...)
	for i, a := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"key":`...), []byte(a.name))
		b = appendString(append(b, `,"value":{"stringValue":`...), []byte(a.value))
		b = append(b, "}}"...)
	}
	return append(b, `]},"scopeLogs":[{"scope":{"name":"fairlead"},"logRecords":[`...)
}

// severities are OTLP's numbers of levels, emerg to debug.
var severities = [...]string{"24", "22", "21", "17", "13", "10", "9", "5"}

// appendRecord appends a line as a record.
func appendRecord(b []byte, l *logs.Line) []byte {
	level := min(int(l.Level), len(severities)-1)
	b = append(b, `{"timeUnixNano":"`...)
	b = strconv.AppendInt(b, l.Time.UnixNano(), 10)
	b = append(b, `","severityNumber":`...)
	b = append(b, severities[level]...)
	b = appendString(append(b, `,"severityText":`...), []byte(l.Level.String()))
	b = appendString(append(b, `,"body":{"stringValue":`...), l.Text)
	return append(b, "}}"...)
}

const hex = "0123456789abcdef"

// appendString appends text as a string of JSON; bytes that are no UTF-8 become
// the replacement character.
func appendString(b, text []byte) []byte {
	b = append(b, '"')
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1:
			b = append(b, "\ufffd"...)
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = append(b, text[:n]...)
		}
		text = text[n:]
	}
	return append(b, '"')
}
