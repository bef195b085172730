package reply

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(action.Kind, "redirect", module.Spec[RedirectConfig, action.Action]{
		Doc: "Sends the client elsewhere",
		New: NewRedirect,
	})
}

// RedirectConfig is the configuration of redirect (HAProxy manual section 4.2
// "redirect"). One of location, prefix and scheme is given, each a log-format
// string.
type RedirectConfig struct {
	// Location is the whole new place.
	Location string `toml:"location"`
	// Prefix goes before the request's own path.
	Prefix string `toml:"prefix"`
	// Scheme is a new scheme, as "https", for the request's own host and path.
	Scheme string `toml:"scheme"`
	// Code is the status: 301, 302, 303, 307 or 308. Default 302.
	Code int `toml:"code"`
	// DropQuery leaves the query out. Default false.
	DropQuery bool `toml:"drop-query"`
	// AppendSlash adds a "/" to a path without one at its end. Default false.
	AppendSlash bool `toml:"append-slash"`
	// IgnoreEmpty does nothing when the place is empty, as when a map has no
	// entry. Default false.
	IgnoreEmpty bool `toml:"ignore-empty"`
	// SetCookie sets a cookie, as "NAME" or "NAME=value". Default: none.
	SetCookie string `toml:"set-cookie"`
	// ClearCookie removes a cookie, by its name, with "=" for one without a
	// value. Default: none.
	ClearCookie string `toml:"clear-cookie"`
}

type redirect struct {
	c      RedirectConfig
	field  string
	text   string
	place  *expr.Format
	cookie []byte
}

// NewRedirect makes the action.
func NewRedirect(_ *module.Context, c RedirectConfig) (action.Action, error) {
	a := &redirect{c: c}
	given := 0
	for _, f := range []struct{ name, text string }{{"location", c.Location}, {"prefix", c.Prefix}, {"scheme", c.Scheme}} {
		if f.text != "" {
			given++
			a.field, a.text = f.name, f.text
		}
	}
	var errs []error
	if given != 1 {
		errs = append(errs, errors.New("write one of location, prefix and scheme"))
	}
	if a.c.Code == 0 {
		a.c.Code = 302
	}
	if !slices.Contains([]int{301, 302, 303, 307, 308}, a.c.Code) {
		errs = append(errs, fmt.Errorf("code %d is no redirection: write 301, 302, 303, 307 or 308", a.c.Code))
	}
	switch {
	case c.SetCookie != "" && c.ClearCookie != "":
		errs = append(errs, errors.New("set-cookie and clear-cookie exclude each other"))
	case c.SetCookie != "":
		a.cookie = []byte(c.SetCookie + "; path=/;")
	case c.ClearCookie != "":
		a.cookie = []byte(c.ClearCookie + "; path=/; Max-Age=0;")
	}
	for _, b := range a.cookie {
		if b < ' ' || b == 0x7f {
			errs = append(errs, errors.New("the cookie has control characters"))
			break
		}
	}
	return a, errors.Join(errs...)
}

func (*redirect) Phases() expr.Phases { return expr.In(expr.HTTPRequest, expr.HTTPResponse) }

func (a *redirect) Compile(sc *expr.Scope) (err error) {
	a.place, err = action.Format(sc, a.field, a.text)
	return err
}

// Run answers with the new place.
func (a *redirect) Run(tx *action.Tx) action.Verdict {
	value := tx.Value(a.place)
	if a.c.IgnoreEmpty && len(value) == 0 || tx.Req == nil {
		return action.Continue
	}
	b := append(tx.Scratch(len(value)+len(tx.Req.Target())+256), value...)
	switch a.field {
	case "scheme":
		b = append(b, "://"...)
		if host, ok := tx.Req.Header("host"); ok {
			b = append(b, host...)
		}
		b = a.appendPath(b, tx.Req.Target())
	case "prefix":
		if len(value) == 1 && value[0] == '/' {
			b = b[:0] // the path has its own slash
		}
		b = a.appendPath(b, tx.Req.Target())
	}
	r := &tx.Reply
	r.Reset()
	r.Status = a.c.Code
	r.Header = append(r.Header, action.Field{Name: "location", Value: b})
	if a.c.Code != 301 && a.c.Code != 308 {
		r.Header = append(r.Header, action.Field{Name: "cache-control", Value: noCache})
	}
	if a.cookie != nil {
		r.Header = append(r.Header, action.Field{Name: "set-cookie", Value: a.cookie})
	}
	return action.Answer
}

var noCache = []byte("no-cache")

// appendPath appends the request's own path and query.
func (a *redirect) appendPath(b, target []byte) []byte {
	if i := bytes.Index(target, []byte("://")); i > 0 && target[0] != '/' {
		rest := target[i+3:]
		target = nil
		if j := bytes.IndexByte(rest, '/'); j >= 0 {
			target = rest[j:]
		}
	}
	path, query, has := bytes.Cut(target, []byte("?"))
	b = append(b, path...)
	if a.c.AppendSlash && (len(path) == 0 || path[len(path)-1] != '/') {
		b = append(b, '/')
	}
	if has && !a.c.DropQuery {
		b = append(append(b, '?'), query...)
	}
	return b
}
