package proxy

import (
	"bytes"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// cookieMode is how a backend's cookie binds clients to servers.
type cookieMode uint8

const (
	noCookie cookieMode = iota
	cookieRead
	cookieInsert
	cookieRewrite
	cookiePrefix
)

// cookiePolicy is the backend's `cookie` setting (HAProxy manual section 4.2).
type cookiePolicy struct {
	mode     cookieMode
	name     string
	indirect bool   // the server does not see the cookie
	noCache  bool   // responses that set it are marked private
	postOnly bool   // only responses to POST set it
	preserve bool   // the server may set it itself
	attrs    string // "; Path=/; HttpOnly; ..."
}

// persistent gives the server a stream is bound to by a use-server rule or a
// cookie: taken when it has a free slot, full when the stream must queue there.
func (b *Backend) persistent(s *stream) (taken, full *Server) {
	srv := b.boundTo(s)
	if srv == nil || srv == s.failed {
		s.ruled = false
		return nil, nil
	}
	if srv.occupy() {
		return srv, nil
	}
	return nil, srv
}

func (b *Backend) boundTo(s *stream) *Server {
	s.ruled = false
	for i := range b.useServer {
		r := &b.useServer[i]
		s.env.Phase = expr.UseServer
		if r.cond != nil && !r.cond.Eval(&s.env) {
			continue
		}
		srv := r.server
		if r.name != nil {
			srv = b.serverNamed(r.name.Append(s.env.Scratch(64), &s.env))
		}
		if srv != nil && srv.Persistent() {
			s.ruled = true
			if t := &s.facts.Term[2]; *t != '-' && *t != 'N' {
				*t = 'U' // HAProxy manual section 8.5: a cookie that was not used
			}
			return srv
		}
	}
	return s.cookieServer
}

// persistRequest finds the server that the request's cookie names, and hides
// the cookie from the server where that is wanted.
func (s *stream) persistRequest() {
	p := &s.be.persistence
	s.cookieServer = nil
	if p.mode == noCookie {
		return
	}
	if p.mode > cookieRead {
		s.facts.Term[2], s.facts.Term[3] = 'N', 'N'
	}
	for i := s.req.FindKnown(httpmsg.Cookie, 0); i >= 0; i = s.req.FindKnown(httpmsg.Cookie, i+1) {
		for from := 0; !s.req.Deleted(i); {
			value, start, end, ok := findCookie(s.req.Value(i), p.name, from)
			if !ok {
				break
			}
			from = s.persistCookie(p, i, value, start, end)
		}
	}
}

// persistCookie takes up the cookie at start to end of field i, and gives where
// to look for another one. The first that is good for anything counts.
func (s *stream) persistCookie(p *cookiePolicy, i int, value []byte, start, end int) (from int) {
	key, rest := value, []byte(nil)
	if p.mode == cookiePrefix {
		if j := bytes.IndexByte(value, '~'); j >= 0 {
			key, rest = value[:j], value[j+1:]
		}
	}
	if s.cookieServer == nil {
		srv, was := s.be.serverByCookie(key)
		s.cookieServer = srv
		if p.mode > cookieRead {
			s.facts.Term[2] = was
		}
	}
	line := s.req.Value(i)
	switch {
	case p.mode == cookiePrefix && rest != nil:
		b := append(s.env.Scratch(len(line)), line[:end-len(value)]...)
		b = append(append(b, rest...), line[end:]...)
		s.req.SetValue(i, b)
		return end - len(value) + len(rest)
	case p.mode == cookieInsert && p.indirect:
		s.dropCookie(i, line, start, end)
		return 0
	}
	return end
}

// serverByCookie gives the usable server with the cookie value, and what the
// value was good for as the third letter of the termination state says it:
// valid, invalid, or that of a server that is down (HAProxy manual section 8.5).
func (b *Backend) serverByCookie(value []byte) (srv *Server, was byte) {
	was = 'I'
	for _, srv := range b.servers {
		if srv.cookie == "" || srv.cookie != string(value) {
			continue
		}
		if srv.Persistent() || b.ignoreDown && srv.admin.Load() != Maint {
			return srv, 'V'
		}
		was = 'D'
	}
	return nil, was
}

func (b *Backend) serverNamed(name []byte) *Server {
	for _, srv := range b.servers {
		if srv.name == string(name) {
			return srv
		}
	}
	return nil
}

// dropCookie removes one cookie from field i.
func (s *stream) dropCookie(i int, line []byte, start, end int) {
	before, after := bytes.TrimRight(line[:start], "; "), bytes.TrimLeft(line[end:], "; ")
	if len(before)+len(after) == 0 {
		s.req.DelAt(i)
		return
	}
	b := append(s.env.Scratch(len(line)+2), before...)
	if len(before) > 0 && len(after) > 0 {
		b = append(b, "; "...)
	}
	s.req.SetValue(i, append(b, after...))
}

// findCookie finds name in a Cookie field, from a place on: its value, and where
// name=value stands.
func findCookie(line []byte, name string, from int) (value []byte, start, end int, ok bool) {
	for pos := from; pos < len(line); {
		for pos < len(line) && (line[pos] == ' ' || line[pos] == ';') {
			pos++
		}
		stop := len(line)
		if j := bytes.IndexByte(line[pos:], ';'); j >= 0 {
			stop = pos + j
		}
		pair := bytes.TrimRight(line[pos:stop], " ")
		if eq := bytes.IndexByte(pair, '='); eq >= 0 && string(bytes.TrimRight(pair[:eq], " ")) == name {
			return bytes.TrimLeft(pair[eq+1:], " "), pos, pos + len(pair), true
		}
		pos = stop
	}
	return nil, 0, 0, false
}

// persistResponse sets the cookie that binds the client to the server. What
// becomes of the server's own is the fourth letter of the termination state: N
// for none, P for passed on, D for deleted, R for rewritten, I for inserted ours.
func (s *stream) persistResponse() {
	p := &s.be.persistence
	if p.mode <= cookieRead {
		return
	}
	own := setsCookie(&s.res, p.name)
	if own {
		s.facts.Term[3] = 'P'
	}
	switch {
	case own && p.preserve, p.mode != cookieInsert && s.srv.cookie == "":
		return
	case p.mode != cookieInsert:
		s.rewriteCookie(p)
		return
	}
	if own {
		dropSetCookie(&s.res, p.name)
		s.facts.Term[3] = 'D'
	}
	if s.cookieServer == s.srv || s.ruled || s.srv.cookie == "" || p.postOnly && string(s.req.Method()) != "POST" {
		return
	}
	b := append(s.env.Scratch(len(p.name)+len(s.srv.cookie)+len(p.attrs)+1), p.name...)
	b = append(append(append(b, '='), s.srv.cookie...), p.attrs...)
	s.res.AddHeader("set-cookie", b)
	s.facts.Term[3] = 'I'
	if p.noCache {
		s.res.AddHeaderString("cache-control", "private")
	}
}

// rewriteCookie puts the server's cookie value in place of, or before, the
// value that the server itself sets.
func (s *stream) rewriteCookie(p *cookiePolicy) {
	head := len(p.name) + 1
	for i := findSetCookie(&s.res, p.name, 0); i >= 0; i = findSetCookie(&s.res, p.name, i+1) {
		line := s.res.Value(i)
		b := append(s.env.Scratch(len(line)+len(s.srv.cookie)+1), line[:head]...)
		b = append(b, s.srv.cookie...)
		if p.mode == cookiePrefix {
			b = append(append(b, '~'), line[head:]...)
		} else if j := bytes.IndexByte(line, ';'); j >= 0 {
			b = append(b, line[j:]...)
		}
		s.res.SetValue(i, b)
		s.facts.Term[3] = 'R'
	}
}

// findSetCookie gives the first field from i on that sets the cookie, -1 for none.
func findSetCookie(m *httpmsg.Message, name string, i int) int {
	for i = m.FindKnown(httpmsg.SetCookie, i); i >= 0; i = m.FindKnown(httpmsg.SetCookie, i+1) {
		if v := m.Value(i); len(v) > len(name) && string(v[:len(name)]) == name && v[len(name)] == '=' {
			return i
		}
	}
	return -1
}

func setsCookie(m *httpmsg.Message, name string) bool { return findSetCookie(m, name, 0) >= 0 }

// dropSetCookie removes the fields in which the server itself sets the cookie.
func dropSetCookie(m *httpmsg.Message, name string) {
	for i := findSetCookie(m, name, 0); i >= 0; i = findSetCookie(m, name, i+1) {
		m.DelAt(i)
	}
}
