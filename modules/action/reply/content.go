package reply

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Content is the part of the configuration that return, deny and tarpit share:
// the response. At most one of string, lf-string, file, lf-file and
// default-errorfiles may be given.
type Content struct {
	// Status is the response's status. Default: 200 of return, 403 of deny, 500 of tarpit.
	Status int `toml:"status" min:"200" max:"599"`
	// ContentType is the body's type. Required with a string or file.
	ContentType string `toml:"content-type"`
	// String is the body.
	String *string `toml:"string"`
	// LFString is a log-format string for the body.
	LFString *string `toml:"lf-string"`
	// File is a file with the body, read at start.
	File string `toml:"file"`
	// LFFile is a file with a log-format string for the body, read at start.
	LFFile string `toml:"lf-file"`
	// Errorfile says that the proxy's error response for the status is sent, as
	// errorfile sets it. Default: true of deny and tarpit without a body.
	Errorfile bool `toml:"default-errorfiles"`
	// Hdr are further header fields, with log-format strings for their values.
	Hdr tree.Ordered[tree.Text] `toml:"hdr"`
}

// content is a response that is sent.
type content struct {
	c      Content
	denied bool
	body   []byte
	format *expr.Format
	header []header
}

type header struct {
	name  string
	value *expr.Format
}

func newContent(c Content, status int, denied bool) (*content, error) {
	if c.Status == 0 {
		c.Status = status
	}
	given := []string{}
	for _, f := range []struct {
		name string
		on   bool
	}{
		{"string", c.String != nil}, {"lf-string", c.LFString != nil}, {"file", c.File != ""},
		{"lf-file", c.LFFile != ""}, {"default-errorfiles", c.Errorfile},
	} {
		if f.on {
			given = append(given, f.name)
		}
	}
	var errs []error
	if len(given) > 1 {
		errs = append(errs, fmt.Errorf("%s exclude each other: write one of them", strings.Join(given, " and ")))
	}
	body := len(given) > 0 && !c.Errorfile
	switch {
	case body && c.ContentType == "":
		errs = append(errs, errors.New(`content-type is missing: write the type of the body, such as "text/plain"`))
	case !body && c.ContentType != "":
		errs = append(errs, errors.New("content-type has no meaning without a body: write string or file as well"))
	}
	for name := range c.Hdr.All() {
		if !action.Token(name) {
			errs = append(errs, fmt.Errorf("hdr: %q is not the name of a header field", name))
		}
		if slices.Contains([]string{"content-length", "transfer-encoding", "content-type", "connection"}, strings.ToLower(name)) {
			errs = append(errs, fmt.Errorf("hdr: %s is set by itself", name))
		}
	}
	c.Errorfile = c.Errorfile || denied && !body
	return &content{c: c, denied: denied}, errors.Join(errs...)
}

// Compile reads the files and parses the log-format strings.
func (a *content) Compile(sc *expr.Scope) (err error) {
	field, text := "", ""
	switch {
	case a.c.String != nil:
		a.body = []byte(*a.c.String)
	case a.c.File != "":
		if a.body, err = os.ReadFile(a.c.File); err != nil {
			return &action.FieldError{Field: "file", Err: err}
		}
	case a.c.LFString != nil:
		field, text = "lf-string", *a.c.LFString
	case a.c.LFFile != "":
		b, err := os.ReadFile(a.c.LFFile)
		if err != nil {
			return &action.FieldError{Field: "lf-file", Err: err}
		}
		field, text = "lf-file", string(b)
	}
	if field != "" {
		if a.format, err = action.Format(sc, field, text); err != nil {
			return err
		}
	}
	for name, value := range a.c.Hdr.All() {
		f, err := expr.ParseFormat(sc, value.Value)
		if err != nil {
			return &action.FieldError{Field: "hdr", Err: fmt.Errorf("%s: %w", name, err)}
		}
		a.header = append(a.header, header{name, f})
	}
	return nil
}

// fill sets the reply.
func (a *content) fill(tx *action.Tx) {
	r := &tx.Reply
	r.Reset()
	r.Status, r.Errorfile, r.Denied = a.c.Status, a.c.Errorfile, a.denied
	r.ContentType, r.Body = a.c.ContentType, a.body
	if a.format != nil {
		r.Body = a.format.Append(tx.Scratch(bodySize), tx.Env)
	}
	for i := range a.header {
		h := &a.header[i]
		r.Header = append(r.Header, action.Field{Name: h.name, Value: tx.Value(h.value)})
	}
	if r.Errorfile && httpmsg.StatusText(r.Status) == "" {
		r.Errorfile = false
	}
}

// bodySize is the scratch space for a formatted body; longer ones are allocated.
const bodySize = 1 << 10
