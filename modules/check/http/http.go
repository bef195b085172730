// Package http is the health check by an HTTP request (HAProxy manual section
// 4.2 "option httpchk" and "http-check").
//
//	[backend.app]
//	check = { type = "http", path = "/healthz", host = "app.example.com", interval = "2s" }
//
// Unless expect says otherwise, every status from 200 to 399 is well.
package http

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(health.Kind, "http", module.Spec[Config, health.Check]{
		Doc:      "Sends an HTTP request and looks at the response",
		Defaults: func() Config { return Config{Method: "GET", Path: "/"} },
		New:      New,
	})
}

// Config is the configuration of the check.
type Config struct {
	// Method is the request's. Default "GET"; HAProxy's is OPTIONS.
	Method string `toml:"method"`
	// Path is the request's target. Default "/".
	Path string `toml:"path,alias=uri"`
	// Host is the Host field. Default: the server's address.
	Host string `toml:"host"`
	// Headers are further fields. Default: none.
	Headers map[string]string `toml:"headers"`
	// Body is the request's body. Default: none.
	Body string `toml:"body"`
	// Expect is what makes the response well. Default: a status from 200 to 399.
	Expect Expect `toml:"expect"`
}

// Expect is what a response has to be like. One of the first four is given.
type Expect struct {
	// Status are statuses and ranges, such as "200-299,401".
	Status string `toml:"status,short"`
	// RStatus is a regular expression for the status.
	RStatus string `toml:"rstatus"`
	// String is what has to be in the body.
	String string `toml:"string"`
	// RString is a regular expression for the body.
	RString string `toml:"rstring"`
	// Not turns it around. Default false.
	Not bool `toml:"not"`
}

type check struct {
	before, after []byte // of the request, around the Host field's value
	host          string
	head          bool // the response has no body
	expect        expectation
}

// New makes the check.
func New(_ *module.Context, c Config) (health.Check, error) {
	var errs []error
	if !action.Token(c.Method) {
		errs = append(errs, fmt.Errorf("method %q is none", c.Method))
	}
	if !strings.HasPrefix(c.Path, "/") && c.Path != "*" || strings.ContainsAny(c.Path, " \r\n\t") {
		errs = append(errs, fmt.Errorf("path %q does not begin with \"/\", or has spaces", c.Path))
	}
	k := &check{host: c.Host, head: c.Method == "HEAD"}
	version := "HTTP/1.1"
	if c.Expect.String != "" || c.Expect.RString != "" {
		version = "HTTP/1.0" // to which no server answers in chunks
	}
	k.before = []byte(c.Method + " " + c.Path + " " + version + "\r\nHost: ")
	after := "\r\nConnection: close\r\n"
	for name, value := range c.Headers {
		if !action.Token(name) || strings.ContainsAny(value, "\r\n\x00") {
			errs = append(errs, fmt.Errorf("headers: %q is not a valid field", name+": "+value))
		}
		after += name + ": " + value + "\r\n"
	}
	if strings.ContainsAny(c.Host, " \r\n\t") {
		errs = append(errs, fmt.Errorf("host %q has spaces", c.Host))
	}
	if c.Body != "" {
		after += "Content-Length: " + strconv.Itoa(len(c.Body)) + "\r\n"
	}
	k.after = []byte(after + "\r\n" + c.Body)
	var err error
	k.expect, err = newExpectation(c.Expect)
	return k, errors.Join(append(errs, err)...)
}

// maxResponse is how much of a response is looked at, in bytes.
const maxResponse = 64 << 10

// Run sends the request and judges the response.
func (c *check) Run(t *health.Target) health.Result {
	p, r := t.Connect()
	if p == nil {
		return r
	}
	defer p.Close()
	host := c.host
	if host == "" {
		host = t.Address
	}
	if _, err := p.Write(append(append(bytes.Clone(c.before), host...), c.after...)); err != nil {
		return health.Failed(err)
	}
	var m httpmsg.Message
	parser := http1.Parser{Limits: http1.Limits{MaxFields: 256}}
	var got []byte
	b := make([]byte, 4<<10)
	head := 0
	for {
		n, err := p.Read(b)
		got = append(got, b[:n]...)
		if head == 0 && len(got) > 0 {
			var perr error
			if head, perr = parser.Response(&m, got); perr != nil {
				return health.Result{Code: "L7RSP", Desc: perr.Error()}
			}
		}
		switch {
		case head > 0 && (!c.expect.body() || c.head || err != nil || len(got) >= maxResponse || c.complete(&m, len(got)-head)):
			return c.expect.judge(m.Status, got[head:])
		case err != nil:
			return health.Failed(err)
		case len(got) >= maxResponse:
			return health.Result{Code: "L7RSP", Desc: "the response's head is too large"}
		}
	}
}

// complete reports whether a body of a known length has come.
func (c *check) complete(m *httpmsg.Message, have int) bool {
	if v, ok := m.Header("content-length"); ok {
		if n, err := strconv.Atoi(string(v)); err == nil {
			return have >= n
		}
	}
	return false
}

// expectation judges responses.
type expectation struct {
	ranges  [][2]int
	rstatus *regexp.Regexp
	text    []byte
	rtext   *regexp.Regexp
	not     bool
}

func newExpectation(c Expect) (e expectation, err error) {
	e.not = c.Not
	given := 0
	for _, s := range []string{c.Status, c.RStatus, c.String, c.RString} {
		if s != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return e, errors.New("expect: write one of status, rstatus, string and rstring")
	case given == 0 && c.Not:
		return e, errors.New("expect: not turns nothing around")
	case c.RStatus != "":
		e.rstatus, err = regexp.Compile(c.RStatus)
	case c.String != "":
		e.text = []byte(c.String)
	case c.RString != "":
		e.rtext, err = regexp.Compile(c.RString)
	case c.Status == "":
		e.ranges = [][2]int{{200, 399}}
	default:
		e.ranges, err = parseRanges(c.Status)
	}
	if err != nil {
		err = fmt.Errorf("expect: %w", err)
	}
	return e, err
}

func parseRanges(text string) (out [][2]int, err error) {
	for part := range strings.SplitSeq(text, ",") {
		low, high, two := strings.Cut(strings.TrimSpace(part), "-")
		if !two {
			high = low
		}
		a, err1 := strconv.Atoi(low)
		b, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || a < 100 || b > 999 || a > b {
			return nil, fmt.Errorf("%q is neither a status nor a range such as 200-299", part)
		}
		out = append(out, [2]int{a, b})
	}
	return out, nil
}

// body reports whether the body is looked at.
func (e *expectation) body() bool { return e.text != nil || e.rtext != nil }

func (e *expectation) judge(status int, body []byte) health.Result {
	met := false
	switch {
	case e.text != nil:
		met = bytes.Contains(body, e.text)
	case e.rtext != nil:
		met = e.rtext.Match(body)
	case e.rstatus != nil:
		met = e.rstatus.MatchString(strconv.Itoa(status))
	default:
		for _, r := range e.ranges {
			met = met || r[0] <= status && status <= r[1]
		}
	}
	r := health.Result{OK: met != e.not, Code: "L7OK", Status: status, Desc: httpmsg.StatusText(status)}
	switch {
	case r.OK:
	case e.body():
		r.Code, r.Desc = "L7RSP", "the body is not as expected"
	default:
		r.Code = "L7STS"
	}
	return r
}
