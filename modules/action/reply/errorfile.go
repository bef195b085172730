package reply

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// parseErrorfile reads a whole response into a reply. The fields that frame it
// are left to who sends it.
func parseErrorfile(r *action.Reply, text []byte) error {
	m, body, err := http1.ResponseFile(text)
	switch {
	case err != nil:
		return err
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
