package http1

import (
	"bytes"
	"errors"

	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// maxFileFields is how many fields a response in a file may have.
const maxFileFields = 101

// ResponseFile reads a whole response as error files hold it. Such files are
// written by hand: lines may end in LF alone. The message is good until text changes.
func ResponseFile(text []byte) (m *httpmsg.Message, body []byte, err error) {
	head := text
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if h, b, ok := bytes.Cut(text, []byte(end)); ok && len(h) < len(head) {
			head, body = h, b
		}
	}
	head = bytes.ReplaceAll(bytes.TrimRight(head, "\r\n"), []byte("\r\n"), []byte("\n"))
	head = append(bytes.ReplaceAll(head, []byte("\n"), []byte("\r\n")), "\r\n\r\n"...)
	p := Parser{Limits: Limits{MaxFields: maxFileFields}}
	m = &httpmsg.Message{}
	n, err := p.Response(m, head)
	if err == nil && n == 0 {
		err = errors.New("the response's head is not complete: it ends with an empty line")
	}
	return m, body, err
}
