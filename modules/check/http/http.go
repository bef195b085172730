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
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/http1"
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

type check struct {
	before, after []byte // of the request, around the Host field's value
	host          string
	head          bool // the response has no body
	expect        expectation
}

// made are the fields that the check writes itself, and the key that says what.
var made = map[string]string{
	"host":              "it stands in host",
	"content-length":    "it is made of body",
	"transfer-encoding": "the body is sent whole",
}

// New makes the check.
func New(_ *module.Context, c Config) (health.Check, error) {
	var errs []error
	if !action.Token(c.Method) {
		errs = append(errs, module.Wrong("method", "%q is not a method such as \"GET\"", c.Method))
	}
	if !strings.HasPrefix(c.Path, "/") && c.Path != "*" || strings.ContainsAny(c.Path, unprintable) {
		errs = append(errs, module.Wrong("path", "%q does not begin with \"/\", or has spaces", c.Path))
	}
	if strings.ContainsAny(c.Host, unprintable) {
		errs = append(errs, module.Wrong("host", "%q has spaces", c.Host))
	}
	for name, value := range c.Headers {
		switch why := made[strings.ToLower(name)]; {
		case why != "":
			errs = append(errs, module.Wrong("headers."+name, "%s is not written here: %s", name, why))
		case !action.Token(name) || strings.ContainsAny(value, "\r\n\x00"):
			errs = append(errs, module.Wrong("headers."+name, "%q is not a valid field", name+": "+value))
		}
	}
	k := &check{host: c.Host, head: c.Method == "HEAD"}
	var err error
	if k.expect, err = newExpectation(c.Expect); err != nil {
		errs = append(errs, err)
	}
	if k.head && k.expect.body() {
		errs = append(errs, module.Wrong("expect", "the response to a HEAD request has no body; write method = \"GET\""))
	}
	k.before, k.after = request(&c, k.expect.body())
	return k, errors.Join(errs...)
}

// unprintable are bytes that would end a word of the request.
const unprintable = " \t\r\n\x00"

// request gives what is sent, before and after the Host field's value.
func request(c *Config, reads bool) (before, after []byte) {
	version := "HTTP/1.1"
	if reads {
		version = "HTTP/1.0" // to which no server answers in chunks
	}
	before = []byte(c.Method + " " + c.Path + " " + version + "\r\nHost: ")
	after = []byte("\r\n")
	connection := "Connection: close\r\n"
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		after = append(after, name+": "+c.Headers[name]+"\r\n"...)
		if strings.EqualFold(name, "connection") {
			connection = ""
		}
	}
	after = append(after, connection...)
	if c.Body != "" {
		after = append(after, "Content-Length: "+strconv.Itoa(len(c.Body))+"\r\n"...)
	}
	return before, append(after, "\r\n"+c.Body...)
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
	resp := response{head: c.head, parser: http1.Parser{Limits: http1.Limits{MaxFields: 256}}}
	if r := resp.readHead(p); r.Code != "" {
		return r
	}
	if c.expect.body() {
		if r := resp.readBody(p, &c.expect); r.Code != "" {
			r.Status = resp.m.Status
			return r
		}
	}
	return c.expect.judge(resp.m.Status, resp.got)
}
