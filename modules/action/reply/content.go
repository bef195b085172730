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
	"github.com/fairleadproxy/fairlead/core/module"
)

// Content is the part of the configuration that return, deny and tarpit share:
// the response. At most one of string, lf-string, file, lf-file, errorfile and
// default-errorfiles may be given.
type Content struct {
	// Status is the response's status. Default: 200 of return, 403 of deny, 502
	// of deny in http-response, 500 of tarpit.
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
	// Errorfile is a file with a whole response, head and body, read at start. Its
	// status is the response's.
	Errorfile string `toml:"errorfile"`
	// DefaultErrorfiles says that the proxy's error response for the status is
	// sent, as errorfile sets it. Default: true of deny and tarpit without a body,
	// where there is such a response for the status.
	DefaultErrorfiles bool `toml:"default-errorfiles"`
	// Hdr are further header fields, with a log-format string for the value, or
	// several, as in { Set-Cookie = ["a=1", "b=2"] }.
	Hdr tree.Ordered[tree.OneOrMany[tree.Text]] `toml:"hdr"`
}

// pages are the statuses that error responses exist for (HAProxy manual section
// 4.2 "errorfile").
var pages = []int{200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 414, 421, 422, 425, 429, 431, 500, 501, 502, 503, 504}

// given names the sources of a body that are set.
func (c *Content) given() (names []string) {
	for _, f := range []struct {
		name string
		on   bool
	}{
		{"string", c.String != nil}, {"lf-string", c.LFString != nil}, {"file", c.File != ""},
		{"lf-file", c.LFFile != ""}, {"errorfile", c.Errorfile != ""}, {"default-errorfiles", c.DefaultErrorfiles},
	} {
		if f.on {
			names = append(names, f.name)
		}
	}
	return names
}

// check says what is wrong.
func (c *Content) check() error {
	var errs []error
	given := c.given()
	whole := c.DefaultErrorfiles || c.Errorfile != "" // head and body
	body := len(given) > 0 && !whole
	if len(given) > 1 {
		errs = append(errs, fmt.Errorf("%s exclude each other: write one of them", strings.Join(given, " and ")))
	}
	switch {
	case body && c.ContentType == "":
		errs = append(errs, errors.New(`content-type is missing: write the type of the body, such as "text/plain"`))
	case !body && c.ContentType != "":
		errs = append(errs, module.Wrong("content-type", "content-type has no meaning without a body: write string or file as well"))
	case !printable(c.ContentType):
		errs = append(errs, module.Wrong("content-type", "%q has control characters: leave them out", c.ContentType))
	}
	switch {
	case body && (c.Status == 204 || c.Status == 304):
		errs = append(errs, module.Wrong(given[0], "a response of status %d has no body: leave out %s", c.Status, given[0]))
	case c.DefaultErrorfiles && c.Status != 0 && !slices.Contains(pages, c.Status):
		errs = append(errs, module.Wrong("default-errorfiles", "there are no error responses for status %d: leave out default-errorfiles", c.Status))
	case c.Errorfile != "" && c.Status != 0:
		errs = append(errs, module.Wrong("status", "the errorfile has a status of its own: leave out status"))
	}
	if whole && c.Hdr.Len() > 0 {
		errs = append(errs, module.Wrong("hdr", "hdr has no meaning with error responses: put the fields into the file"))
	}
	for name := range c.Hdr.All() {
		switch {
		case !action.Token(name):
			errs = append(errs, module.Wrong("hdr."+name, "%q is not the name of a header field", name))
		case byItself(name):
			errs = append(errs, module.Wrong("hdr."+name, "%s is set by itself", name))
		}
	}
	return errors.Join(errs...)
}

// byItself reports whether a field of replies is not for the configuration.
func byItself(name string) bool {
	switch httpmsg.Classify([]byte(name)) {
	case httpmsg.ContentLength, httpmsg.TransferEncoding, httpmsg.Connection:
		return true
	}
	return strings.EqualFold(name, "content-type")
}

// content is a response that is sent.
type content struct {
	c      Content
	status func(expr.Phase) int // when none is configured
	denied bool

	fixed  action.Reply // what does not depend on the stream
	format *expr.Format // of the body
	header []header
}

type header struct {
	name  string
	value *expr.Format
}

// Compile reads the files and parses the log-format strings.
func (a *content) Compile(sc *expr.Scope) error {
	r := &a.fixed
	r.Status, r.ContentType, r.Denied = a.c.Status, a.c.ContentType, a.denied
	if r.Status == 0 {
		r.Status = a.status(sc.Phase)
	}
	r.Errorfile = a.c.DefaultErrorfiles || a.denied && len(a.c.given()) == 0 && slices.Contains(pages, r.Status)
	if err := a.body(sc); err != nil {
		return err
	}
	for name, values := range a.c.Hdr.All() {
		for _, v := range *values {
			f, err := expr.ParseFormat(sc, v.Value)
			if err != nil {
				return &module.FieldError{Field: "hdr." + name, Err: err}
			}
			a.header = append(a.header, header{name, f})
		}
	}
	return nil
}

// body makes what the configuration says of the body.
func (a *content) body(sc *expr.Scope) (err error) {
	r := &a.fixed
	switch {
	case a.c.String != nil:
		r.Body = []byte(*a.c.String)
	case a.c.File != "":
		r.Body, err = read(sc, "file", a.c.File)
	case a.c.LFString != nil:
		a.format, err = action.Format(sc, "lf-string", *a.c.LFString)
	case a.c.LFFile != "":
		var b []byte
		if b, err = read(sc, "lf-file", a.c.LFFile); err == nil {
			a.format, err = action.Format(sc, "lf-file", string(b))
		}
	case a.c.Errorfile != "":
		var b []byte
		if b, err = read(sc, "errorfile", a.c.Errorfile); err == nil {
			if err = parseErrorfile(r, b); err != nil {
				err = module.Wrong("errorfile", "%s: %w", a.c.Errorfile, err)
			}
		}
	}
	return err
}

// read reads a file that a field names.
func read(sc *expr.Scope, field, name string) ([]byte, error) {
	readFile := sc.ReadFile
	if readFile == nil {
		readFile = os.ReadFile
	}
	b, err := readFile(name)
	if err != nil {
		return nil, &module.FieldError{Field: field, Err: err}
	}
	return b, nil
}

// fill sets the reply.
func (a *content) fill(tx *action.Tx) {
	r := &tx.Reply
	fields := append(r.Header[:0], a.fixed.Header...)
	*r = a.fixed
	r.Header = fields
	if a.format != nil {
		r.Body = a.format.Append(tx.Scratch(bodySize), tx.Env)
	}
	for i := range a.header {
		h := &a.header[i]
		r.Header = append(r.Header, action.Field{Name: h.name, Value: tx.Value(h.value)})
	}
}

// bodySize is the scratch space for a formatted body; longer ones are allocated.
const bodySize = 1 << 10
