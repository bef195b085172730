package reply

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// maxFields is how many fields an error file may have.
const maxFields = 101

// parseErrorfile reads a whole response into a reply. The fields that frame it
// are left to who sends it.
func parseErrorfile(r *action.Reply, text []byte) error {
	// Such files are written by hand: lines may end in LF alone.
	head, body := text, []byte(nil)
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if h, b, ok := bytes.Cut(text, []byte(end)); ok && len(h) < len(head) {
			head, body = h, b
		}
	}
	head = bytes.ReplaceAll(bytes.TrimRight(head, "\r\n"), []byte("\r\n"), []byte("\n"))
	head = append(bytes.ReplaceAll(head, []byte("\n"), []byte("\r\n")), "\r\n\r\n"...)
	p := http1.Parser{Limits: http1.Limits{MaxFields: maxFields}}
	var m httpmsg.Message
	n, err := p.Response(&m, head)
	switch {
	case err != nil:
		return err
	case n == 0:
		return errors.New("the response's head is not complete: it ends with an empty line")
	case m.Status < 200:
		return fmt.Errorf("status %d is not one that a response ends with: write 200 or more", m.Status)
	case len(body) > 0 && (m.Status == 204 || m.Status == 304):
		return fmt.Errorf("a response of status %d has no body: leave out what follows the empty line", m.Status)
	}
	r.Status, r.Body = m.Status, body
	for i := range m.Fields() {
		name := string(m.Name(i))
		switch {
		case m.KnownAt(i) == httpmsg.KeepAlive:
		case strings.EqualFold(name, "content-type"):
			r.ContentType = string(m.Value(i))
		case !byItself(name):
			r.Header = append(r.Header, action.Field{Name: name, Value: bytes.Clone(m.Value(i))})
		}
	}
	return nil
}
