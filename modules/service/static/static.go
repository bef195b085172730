// Package static is the service that gives every request the same answer.
//
//	http-request = [ { do = "use-service", service = "static", string = "hello\n" } ]
//
// It reads no files and holds no state of streams: many may use it at a time.
package static

import (
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/service"
)

func init() {
	module.Register(service.Kind, "static", module.Spec[Config, service.Service]{
		Doc:      "Gives every request the same answer",
		Defaults: func() Config { return Config{Status: 200, ContentType: "text/plain; charset=utf-8"} },
		New:      New,
	})
}

// Config is the configuration of the service.
type Config struct {
	// Status is the status. Default 200.
	Status int `toml:"status" min:"200" max:"599"`
	// ContentType is the body's type. Default "text/plain; charset=utf-8".
	ContentType string `toml:"content-type"`
	// String is the body. Default: empty.
	String string `toml:"string"`
}

// Service gives the answer.
type Service struct {
	c    Config
	body []byte
}

// New makes the service.
func New(_ *module.Context, c Config) (service.Service, error) {
	if c.String != "" && (c.Status == 204 || c.Status == 304) {
		return nil, module.Wrong("string", "a response of status %d has no body: leave out string", c.Status)
	}
	if strings.ContainsFunc(c.ContentType, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, module.Wrong("content-type", "%q has control characters: leave them out", c.ContentType)
	}
	return &Service{c, []byte(c.String)}, nil
}

// Serve sets the answer.
func (s *Service) Serve(tx *action.Tx) {
	tx.Reply.Status, tx.Reply.ContentType, tx.Reply.Body = s.c.Status, s.c.ContentType, s.body
}
