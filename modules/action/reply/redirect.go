package reply

import (
	"bytes"
	"errors"
	"slices"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/action/internal/target"
)

func init() {
	module.Register(action.Kind, "redirect", module.Spec[RedirectConfig, action.Action]{
		Doc: "Sends the client elsewhere",
		New: NewRedirect,
	})
}

// RedirectConfig is the configuration of redirect (HAProxy manual section 4.2
// "redirect"). One of location, prefix and scheme is given, each a log-format
// string; in http-response it is location.
type RedirectConfig struct {
	// Location is the whole new place.
	Location string `toml:"location"`
	// Prefix goes before the request's own path and query; "/" alone adds nothing.
	Prefix string `toml:"prefix"`
	// Scheme is a new scheme, as "https", for the request's own host and path.
	Scheme string `toml:"scheme"`
	// Code is the status: 301, 302, 303, 307 or 308. Default 302.
	Code int `toml:"code"`
	// DropQuery leaves the query out, with prefix or scheme. Default false.
	DropQuery bool `toml:"drop-query"`
	// KeepQuery appends the request's query, with location. Default false.
	KeepQuery bool `toml:"keep-query"`
	// AppendSlash adds a "/" to a path without one at its end, with prefix or
	// scheme. Default false.
	AppendSlash bool `toml:"append-slash"`
	// IgnoreEmpty does nothing when the place is empty, as when a map has no
	// entry. Default false.
	IgnoreEmpty bool `toml:"ignore-empty"`
	// SetCookie sets a cookie, as "NAME" or "NAME=value". Default: none.
	SetCookie string `toml:"set-cookie"`
	// SetCookieFmt sets a cookie that a log-format string makes, as "NAME=value".
	// Default: none.
	SetCookieFmt string `toml:"set-cookie-fmt"`
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
	made   *expr.Format // the cookie of set-cookie-fmt
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
	switch {
	case given != 1:
		errs = append(errs, errors.New("write one of location, prefix and scheme"))
	case a.field == "location" && (c.DropQuery || c.AppendSlash):
		errs = append(errs, errors.New("drop-query and append-slash belong to prefix and scheme: a location is taken as it is"))
	case a.field != "location" && c.KeepQuery:
		errs = append(errs, module.Wrong("keep-query", "keep-query belongs to location: with %s the query stays unless drop-query is set", a.field))
	}
	if a.c.Code == 0 {
		a.c.Code = 302
	}
	if !slices.Contains([]int{301, 302, 303, 307, 308}, a.c.Code) {
		errs = append(errs, module.Wrong("code", "%d is no redirection: write 301, 302, 303, 307 or 308", a.c.Code))
	}
	return a, errors.Join(append(errs, a.cookies())...)
}

// cookies makes the field of set-cookie or clear-cookie.
func (a *redirect) cookies() error {
	given := 0
	for _, f := range []struct{ text, end string }{{a.c.SetCookie, "; path=/;"}, {a.c.ClearCookie, "; path=/; Max-Age=0;"}, {a.c.SetCookieFmt, ""}} {
		if f.text == "" {
			continue
		}
		given++
		if f.end != "" {
			a.cookie = []byte(f.text + f.end)
		}
	}
	switch {
	case given > 1:
		return errors.New("set-cookie, set-cookie-fmt and clear-cookie exclude each other: write one of them")
	case !printable(string(a.cookie)):
		return errors.New("the cookie has control characters: leave them out")
	}
	return nil
}

func (*redirect) Phases() expr.Phases { return expr.In(expr.HTTPRequest, expr.HTTPResponse) }

func (a *redirect) Compile(sc *expr.Scope) (err error) {
	if sc.Phase == expr.HTTPResponse && a.field != "location" {
		return module.Wrong(a.field, "http-response rules redirect by location only, not by %s", a.field)
	}
	if a.place, err = action.Format(sc, a.field, a.text); err == nil && a.c.SetCookieFmt != "" {
		a.made, err = action.Format(sc, "set-cookie-fmt", a.c.SetCookieFmt)
	}
	return err
}

// Run answers with the new place.
func (a *redirect) Run(tx *action.Tx) action.Verdict {
	value := tx.Value(a.place)
	if a.c.IgnoreEmpty && len(value) == 0 || tx.Req == nil {
		return action.Continue
	}
	r := &tx.Reply
	r.Reset()
	r.Status = a.c.Code
	r.Header = append(r.Header, action.Field{Name: "location", Value: a.location(tx, value)})
	if a.c.Code != 301 && a.c.Code != 308 {
		r.Header = append(r.Header, action.Field{Name: "cache-control", Value: noCache})
	}
	switch {
	case a.made != nil:
		r.Header = append(r.Header, action.Field{Name: "set-cookie", Value: append(tx.Value(a.made), "; path=/;"...)})
	case a.cookie != nil:
		r.Header = append(r.Header, action.Field{Name: "set-cookie", Value: a.cookie})
	}
	return action.Answer
}

// location makes the new place of the formatted value.
func (a *redirect) location(tx *action.Tx, value []byte) []byte {
	host, _ := tx.Req.Header("host")
	_, path, query := target.Split(tx.Req.Target())
	b := append(tx.Scratch(len(value)+len(host)+len(path)+len(query)+5), value...)
	switch a.field {
	case "location":
		if a.c.KeepQuery && len(query) > 0 {
			at := len(b)
			b = append(b, query...)
			if bytes.IndexByte(value, '?') >= 0 {
				b[at] = '&'
			}
		}
		return b
	case "scheme":
		b = append(append(b, "://"...), host...)
	case "prefix":
		if string(value) == "/" {
			b = b[:0] // the path has its own slash
		}
	}
	if len(path) == 0 || path[0] != '/' { // as of OPTIONS * and CONNECT
		path = root
	}
	for len(b) == 0 && len(path) > 1 && (path[1] == '/' || path[1] == '\\') {
		path = path[1:] // which would name another host
		if path[0] != '/' {
			path = root
		}
	}
	b = append(b, path...)
	if a.c.AppendSlash && path[len(path)-1] != '/' {
		b = append(b, '/')
	}
	if !a.c.DropQuery {
		b = append(b, query...)
	}
	return b
}

var noCache, root = []byte("no-cache"), []byte("/")
