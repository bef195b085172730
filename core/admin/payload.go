package admin

import (
	"bufio"
	"errors"
	"strings"
)

// maxPayload is the longest payload that is read, in bytes.
const maxPayload = 1 << 20

// maxPattern is the longest word that may end a payload (HAProxy management manual
// section 9.3).
const maxPattern = 64

// takePayload reads the payload that a line announces, and gives the line without
// that. A payload is ended by the end of what comes, too.
func takePayload(line string, in *bufio.Reader) (string, string, error) {
	line = strings.TrimSpace(line)
	at := strings.LastIndex(line, "<<")
	if at < 0 || strings.ContainsAny(line[at:], " \t;") || len(line)-at-2 > maxPattern || at > 0 && line[at-1] != ' ' {
		return line, "", nil
	}
	end := line[at+2:]
	var b strings.Builder
	for {
		text, err := in.ReadString('\n')
		if strings.TrimRight(text, "\r\n") == end && (err == nil || end != "") {
			break
		}
		b.WriteString(text)
		if b.Len() >= maxPayload {
			return "", "", errPayload
		}
		if err != nil {
			break
		}
	}
	return line[:at], b.String(), nil
}

var errPayload = errors.New("the payload is longer than 1 MiB")
