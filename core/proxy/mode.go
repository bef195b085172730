package proxy

import (
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// ModeKind is the kind of modes of proxies. The mode tcp is part of every build and
// no module.
var ModeKind = module.NewKind[Mode]("mode")

// Mode is what carries the streams of a mode, and makes what its proxies need. The
// phases of HTTP are in this package and reached by this interface alone, so that
// the linker leaves them out where no module gives it.
type Mode interface {
	carrier
	maker
}

// carrier is what the data path has of a mode.
type carrier interface {
	// serve carries a connection that the rules before the first request have let in,
	// until it ends or idles: a client's, or a stream's of a session, with s to carry
	// it; or, without s, one that is a session.
	serve(c *conn, s *stream)
	// upload sends the rest of a request.
	upload(s *stream, sc *serverConn, sent int64)
	// failed answers a stream that reached no server.
	failed(s *stream, status int)
}

// maker makes what proxies need.
type maker interface {
	// options completes the settings of a proxy.
	options(b *builder, c *config.Proxy, o *options)
	// session makes one that carries many streams of a connection to a server.
	session(srv *Server, t *Timeouts, c *relay.Conn) (httpmsg.ClientSession, error)
}

// HTTP is the mode http, for the module that a build has it by.
func HTTP(h2 HTTP2) Mode { return httpMode{h2} }

// httpMode is the mode http.
type httpMode struct{ h2 HTTP2 }

func (httpMode) serve(c *conn, s *stream) {
	switch {
	case s == nil:
		c.serveSession()
	case c.x != nil:
		c.serveStream(s)
	case c.speaksHTTP2():
		s.detach()
		c.fe.engine.streams.Put(s)
		c.serveSession()
	default:
		c.serveHTTP(s)
	}
}

func (httpMode) upload(s *stream, sc *serverConn, sent int64) { s.runUpload(sc, sent) }

func (httpMode) failed(s *stream, status int) { s.answerError(status) }

func (h httpMode) options(b *builder, c *config.Proxy, o *options) {
	o.errorFiles = b.errorFiles(c)
	o.http2, o.h2 = b.o.Engine.clientHTTP2(&o.timeouts), h.h2
}

func (h httpMode) session(srv *Server, t *Timeouts, c *relay.Conn) (httpmsg.ClientSession, error) {
	o := srv.http2Options(t)
	return h.h2.Client(c, &o)
}

// mode gives the mode of a proxy: nil for tcp, and where this build has no other,
// which is an error that is told once.
func (b *builder) mode(c *config.Proxy) Mode {
	if !c.HTTP() {
		return nil
	}
	if !b.modeFound {
		b.modeFound = true
		b.http, _ = instance(b, ModeKind, &tree.Module{Type: c.Mode.Value, Pos: c.Mode.Pos, Path: c.Mode.Path})
	}
	return b.http
}
