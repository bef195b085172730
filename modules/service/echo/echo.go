// Package echo is the service that shows a request to its sender: the client's
// address, the request line and the header fields as they came through.
//
//	http-request = [ { do = "use-service", service = "echo" } ]
//
// The answer is plain text, for people who try things out. It does not show the
// request's body. The service has no state: many streams may use it at a time.
package echo

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/service"
)

func init() {
	module.Register(service.Kind, "echo", module.Spec[Config, service.Service]{
		Doc: "Shows a request to its sender",
		New: func(*module.Context, Config) (service.Service, error) { return Service{}, nil },
	})
}

// Config is the configuration: there is nothing to configure.
type Config struct{}

// Service shows requests.
type Service struct{}

// Serve answers with the request's head as text.
func (Service) Serve(tx *action.Tx) {
	b := tx.Scratch(1 << 10)
	b = append(b, "client: "...)
	if tx.Conn != nil && tx.Conn.Src.IsValid() {
		b = tx.Conn.Src.AppendTo(b)
	} else {
		b = append(b, '-')
	}
	b = append(append(append(b, '\n'), tx.Req.Method()...), ' ')
	b = append(append(append(b, tx.Req.Target()...), ' '), tx.Req.Version.String()...)
	b = append(b, '\n')
	for i := range tx.Req.Fields() {
		if !tx.Req.Deleted(i) {
			b = append(append(b, tx.Req.Name(i)...), ": "...)
			b = append(append(b, tx.Req.Value(i)...), '\n')
		}
	}
	tx.Reply.Status, tx.Reply.ContentType, tx.Reply.Body = 200, "text/plain; charset=utf-8", b
}
