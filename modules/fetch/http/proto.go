package http

import (
	"sync"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

func init() {
	register.Fetches([]register.Entry{
		register.As(expr.Fetch{Doc: "true when the client begins with an HTTP/1 request, which is waited for; no value when it does not", Out: expr.Bool, Phases: expr.WithStream,
			Eval: isHTTP}, "req.proto_http", "req_proto_http"),
	})
}

// maxFields is the number of fields up to which a request is taken for one,
// tune.http.maxhdr as it is by default.
const maxFields = 101

// attempt is what is needed to parse a request.
type attempt struct {
	parser  http1.Parser
	message httpmsg.Message
}

var attempts = sync.Pool{New: func() any { return &attempt{parser: http1.Parser{Limits: http1.Limits{MaxFields: maxFields}}} }}

// isHTTP parses what was received with the parser of HTTP proxies.
func isHTTP(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if e.Req != nil || e.Stream != nil && e.Stream.HTTP {
		s.SetBool(true)
		return true
	}
	if e.Phase != expr.TCPContent && e.Phase != expr.UseServer {
		return false // the client's bytes are gone
	}
	p := attempts.Get().(*attempt)
	defer attempts.Put(p)
	p.parser.Next()
	n, err := p.parser.Request(&p.message, e.Input)
	p.message.Rebase(nil)
	if n == 0 && err == nil && !e.InputDone && e.Phase == expr.TCPContent {
		e.NeedMore = true
		return false
	}
	s.SetBool(true)
	return n > 0
}
