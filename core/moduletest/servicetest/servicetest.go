// Package servicetest tests services by their answers.
//
//	r := servicetest.Serve(t, "acme.motd", `text = "hi"`, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
//	servicetest.Laws(t, "acme.motd", ``, `text = "hi"`)
//
// It is for tests alone.
package servicetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/actiontest"
	"github.com/fairleadproxy/fairlead/core/service"
)

// Serve starts a service of the TOML of its table and gives its answer to a
// request, whose lines end in CR LF.
func Serve(t *testing.T, name, config, request string) *action.Reply {
	t.Helper()
	tx := actiontest.Tx(t, request, "")
	moduletest.Start(t, service.Kind, name, config).Serve(tx)
	return &tx.Reply
}

// slow is longer than a service that does not block takes.
const slow = 20 * time.Second

// requests are such as a service meets.
var requests = []string{
	"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
	"HEAD /a?b=c HTTP/1.1\r\nHost: example.com\r\n\r\n",
	"POST /%00/../x HTTP/1.1\r\nHost: example.com\r\nContent-Length: 3\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: example.com\r\n\r\n",
	"GET / HTTP/1.0\r\n\r\n",
}

// Laws checks what every service must do, with each of the configurations: it
// answers any request, for many streams at once, without blocking, by a reply
// that can be sent.
func Laws(t *testing.T, name string, configs ...string) {
	t.Helper()
	if len(configs) == 0 {
		configs = []string{""}
	}
	for _, c := range configs {
		t.Run("config "+c, func(t *testing.T) {
			s := moduletest.Start(t, service.Kind, name, c)
			for _, request := range requests {
				streams := make([]*action.Tx, 4)
				for i := range streams {
					streams[i] = actiontest.Tx(t, request, "")
				}
				begin := time.Now()
				var wg sync.WaitGroup
				for _, tx := range streams {
					wg.Go(func() { s.Serve(tx) })
				}
				wg.Wait()
				if took := time.Since(begin); took > slow {
					t.Errorf("%q: answering takes %v; a service must not block", request, took)
				}
				for _, tx := range streams {
					if err := sendable(&tx.Reply); err != nil {
						t.Errorf("%q: %v", request, err)
					}
				}
			}
		})
	}
}

// sendable says what is wrong with a reply.
func sendable(r *action.Reply) error {
	if r.Status < 200 || r.Status > 599 {
		return fmt.Errorf("the answer has status %d: set tx.Reply.Status, 200 to 599", r.Status)
	}
	fields := append([]action.Field{{Name: "Content-Type", Value: []byte(r.ContentType)}}, r.Header...)
	for _, f := range fields {
		if !action.Token(f.Name) {
			return fmt.Errorf("the field name %q is no token", f.Name)
		}
		for _, c := range f.Value {
			if c == '\r' || c == '\n' || c == 0 {
				return fmt.Errorf("the field %s has a line end in its value %q", f.Name, f.Value)
			}
		}
	}
	return nil
}
