package proxy

import (
	"bytes"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// fail answers with an error page, in HTTP mode, and ends the stream; it returns
// false for its callers' sake.
func (s *stream) fail(status int) bool {
	if s.facts.HTTP {
		s.fe.mode.failed(s, status)
	}
	return false
}

// answerError answers with an error page.
func (s *stream) answerError(status int) {
	s.tx.Reply.Reset()
	s.tx.Reply.Status, s.tx.Reply.Errorfile = status, true
	s.respond()
}

// answerStatus is fail for requests whose head never was complete: the
// connection ends after it.
func (s *stream) answerStatus(status int) {
	s.tx.Reply.Close = true
	s.tx.Reply.Status, s.tx.Reply.Errorfile = status, true
	s.respond()
}

// respond sends tx.Reply to the client.
func (s *stream) respond() {
	r := &s.tx.Reply
	s.dropServerConn()
	s.facts.Status = r.Status
	m := &s.res
	m.Reset(nil)
	body := r.Body
	page := s.errorFile(r)
	switch {
	case page != nil:
		m.StartResponse(page.status, page.reason, httpmsg.HTTP11)
		body = page.body
	case r.Errorfile && body == nil:
		body, r.ContentType = defaultPage(r.Status), "text/html"
		fallthrough
	default:
		m.StartResponse(r.Status, httpmsg.StatusText(r.Status), httpmsg.HTTP11)
	}
	if r.Status == 204 || r.Status == 304 { // RFC 9110 section 6.4.1
		body = nil
	} else {
		m.AddHeader("content-length", strconv.AppendInt(s.env.Scratch(20), int64(len(body)), 10))
	}
	if page != nil {
		for _, f := range page.header {
			m.AddHeader(f.Name, f.Value)
		}
	} else {
		if r.Errorfile {
			m.AddHeaderString("cache-control", "no-cache")
		}
		if r.ContentType != "" && len(body) > 0 {
			m.AddHeaderString("content-type", r.ContentType)
		}
	}
	for _, f := range r.Header {
		m.AddHeader(f.Name, f.Value)
	}
	s.env.Res = m
	afterApplied := s.inAfter
	if !afterApplied {
		s.inAfter = true
		ok := s.applyAfter()
		s.inAfter = false
		if !ok {
			return // a rule has answered in place of this
		}
	}
	s.clientKeep = !r.Close && s.keepsAlive()
	s.announce(m)
	if string(s.method()) == "HEAD" {
		body = nil
	}
	if s.c.x != nil {
		s.answerMessage(m, body)
	} else {
		s.wire = append(m.AppendHead(s.wire[:0]), body...)
		s.sendRaw(s.wire)
	}
	s.env.Res = nil
}

// sendRaw writes a whole answer.
func (s *stream) sendRaw(b []byte) {
	s.answered = true
	s.c.WriteTimeout(s.fe.opts.timeouts.Client)
	n, err := s.c.Write(b)
	s.facts.BytesOut += int64(n)
	if err != nil {
		s.clientKeep = false
		s.fe.CliAborts.Add(1)
		s.term('C', s.facts.Term[1])
		return
	}
	s.delivered = true
}

// method is the request's, nil while there is none.
func (s *stream) method() []byte {
	if s.env.Req == nil {
		return nil
	}
	return s.req.Method()
}

// errorFile is a response that was read from a file (errorfile).
type errorFile struct {
	status int
	reason string
	header []action.Field
	body   []byte
}

// parseErrorFile reads a whole response. What frames it is left to us.
func parseErrorFile(text []byte) (*errorFile, error) {
	m, body, err := http1.ResponseFile(text)
	if err != nil {
		return nil, err
	}
	f := &errorFile{status: m.Status, reason: string(m.Reason()), body: body}
	for i := range m.Fields() {
		switch m.KnownAt(i) {
		case httpmsg.ContentLength, httpmsg.TransferEncoding, httpmsg.Connection, httpmsg.KeepAlive:
			continue
		}
		f.header = append(f.header, action.Field{Name: string(m.Name(i)), Value: bytes.Clone(m.Value(i))})
	}
	return f, nil
}

// errorFile gives the configured error file for a reply, nil when there is none.
func (s *stream) errorFile(r *action.Reply) *errorFile {
	if !r.Errorfile {
		return nil
	}
	if s.be != nil {
		if f := s.be.opts.errorFiles[r.Status]; f != nil {
			return f
		}
	}
	return s.fe.opts.errorFiles[r.Status]
}

var errorTexts = map[int]string{
	200: "The service is up.",
	400: "The request was not valid HTTP.",
	401: "Credentials are required.",
	403: "A rule forbids this request.",
	404: "There is nothing here.",
	405: "The request's method is not allowed here.",
	407: "The proxy requires credentials.",
	408: "The request did not arrive in time.",
	410: "What was here is gone.",
	413: "The request's body is too large.",
	414: "The request's target is too long.",
	421: "The request was sent to the wrong server.",
	422: "The request cannot be processed.",
	425: "It is too early for this request.",
	429: "Too many requests came in too short a time.",
	431: "The request's header is too large.",
	500: "An error occurred in this proxy.",
	501: "The request needs something that is not supported.",
	502: "The server's response was not valid or not complete.",
	503: "No server is available for this request.",
	504: "The server did not respond in time.",
}

// defaultPage makes the body of an error response.
func defaultPage(status int) []byte {
	b := make([]byte, 0, 160)
	b = append(b, "<html><body><h1>"...)
	b = strconv.AppendInt(b, int64(status), 10)
	b = append(b, ' ')
	b = append(b, httpmsg.StatusText(status)...)
	b = append(b, "</h1>\n"...)
	if text := errorTexts[status]; text != "" {
		b = append(append(b, text...), '\n')
	}
	return append(b, "</body></html>\n"...)
}
