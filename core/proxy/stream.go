package proxy

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/balancer"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// stream is one request and its response on their way through, or one
// connection in TCP mode. Streams are pooled: a connection takes one when its
// first bytes come and gives it back when it idles.
type stream struct {
	engine *Engine
	c      *conn
	fe     *Frontend
	be     *Backend
	srv    *Server     // holds a slot of it
	sc     *serverConn // in use
	failed *Server     // the server that failed last
	wanted balancer.Request

	facts session.Stream
	env   expr.Env
	tx    action.Tx

	req, res       httpmsg.Message
	reqP, resP     http1.Parser
	reqLen         int // bytes of the request in the client's buffer: head, and body as far as received
	reqHead        int // bytes of its head
	resHead        int
	reqBody        http1.Chunks
	resBody        http1.Chunks
	reqDone        bool // the whole request has been received
	upload         upload
	up, down       content // of the request and the response, where they are framed anew
	readReq        func() error
	readRes        func() error
	wire           []byte // a head as it leaves, and what is sent with it
	headCopy       []byte // the request's head once its buffer is needed for the body
	logLine        []byte
	clientKeep     bool // the client's connection may carry another request
	serverKeep     bool
	requestKeep    bool // what the client asked for
	tunnel         bool
	upgrading      bool // the client asks for another protocol
	chunkedOut     bool // the response is framed anew, in chunks
	answered       bool // a final response's head was written to the client
	delivered      bool // the response was written completely
	ended          ending
	attempts       attempts
	greeting       []byte // what connections to the server begin with
	connKey        string // what they have to have in common with the stream; see findKey
	interims       int    // 1xx responses to the request
	begun          int64  // tick
	headReceived   int64
	serverAsked    int64
	asked          int64 // when a connection was asked for
	connectedAt    int64
	responseAt     int64
	idleFor        time.Duration
	timed          bool // someone reads the timers
	countedBackend bool
	oneEnded       atomic.Bool  // of a tunnel's directions
	brokeOff       atomic.Int32 // the direction that ended in an error first, 0 for none
	inAfter        bool         // http-after-response rules are being applied
	departure      departure
	cookieServer   *Server // the server that the request's cookie names
	ruled          bool    // the server was chosen by a use-server rule
}

// ending is what becomes of the client's connection after a stream.
type ending uint8

const (
	goOn   ending = iota // it may carry another request
	park                 // it idles: keep it without a goroutine
	close_               // it is to be closed
	many                 // it goes on as one that carries many streams
)

func newStream(e *Engine) *stream {
	s := &stream{engine: e}
	s.upload.done, s.upload.stream = make(chan struct{}, 1), s
	s.tx.Env = &s.env
	s.bindWaits()
	return s
}

// attach binds a pooled stream to a connection.
func (s *stream) attach(c *conn) {
	s.c, s.fe = c, c.fe
	s.env.Vars.NewSession() // nothing of another client's is left
	s.tx.ExpectProxy, s.tx.Silent = false, nil
	s.timed = c.fe.logs.wanted()
	s.reqP.Limits = http1.Limits{MaxFields: s.engine.Tuning.MaxFields}
	s.resP.Limits = s.reqP.Limits
	s.env.Conn = &c.facts
	s.env.Table = c.fe.graph
}

// detach clears what a stream must not keep alive in the pool.
func (s *stream) detach() {
	s.c, s.fe, s.be, s.srv, s.sc, s.failed, s.upload.sc = nil, nil, nil, nil, nil, nil, nil
	s.wanted = balancer.Request{}
	s.env.Conn, s.env.Stream, s.env.Table, s.env.Req, s.env.Res = nil, nil, nil, nil, nil
	s.facts = session.Stream{
		RequestLine: s.facts.RequestLine[:0], CapturedReq: s.facts.CapturedReq[:0], CapturedRes: s.facts.CapturedRes[:0],
	}
}

// begin makes the stream ready for the next request of its connection.
func (s *stream) begin() {
	s.begun = relay.Ticks()
	s.be, s.failed, s.cookieServer = nil, nil, nil
	s.departure.begin()
	s.env.Vars.NewRequest()
	s.c.facts.Src, s.c.facts.Dst = s.c.src, s.c.dst // what set-src and set-dst changed was for one request
	s.facts = session.Stream{
		Conn: &s.c.facts, ServerFD: -1, Frontend: s.fe.name, Backend: s.fe.name, Server: "<NOSRV>", HTTP: true,
		Handshake: unset, Idle: unset, Request: unset, Queue: unset, Connect: unset, Response: unset,
		Term: [4]byte{'-', '-', '-', '-'}, RequestLine: s.facts.RequestLine[:0],
		CapturedReq: s.facts.CapturedReq[:0], CapturedRes: s.facts.CapturedRes[:0],
	}
	s.facts.ClientMux, _ = s.c.x.(session.Multiplexed)
	if s.timed {
		s.facts.Begin = time.Now()
	}
	if s.fe.graph.uses.Number {
		s.facts.Number = s.engine.streamNumber.Add(1) - 1
	}
	s.reqLen, s.reqHead, s.resHead = 0, 0, 0
	s.reqBody, s.resBody = http1.Chunks{}, http1.Chunks{}
	s.reqDone, s.clientKeep, s.serverKeep, s.requestKeep = false, false, false, false
	s.tunnel, s.upgrading, s.answered, s.delivered, s.ended = false, false, false, false, goOn
	s.attempts, s.interims = attempts{}, 0
	s.serverAsked, s.connectedAt, s.responseAt, s.idleFor = 0, 0, 0, 0
	s.env.Stream, s.env.Req, s.env.Res = &s.facts, nil, nil
	s.env.Recycle()
	s.tx.Reply.Reset()
	s.tx.LogLevel = ""
}

// makePlaces makes the places for captured values, which the log line shows even
// where they stay empty.
func (s *stream) makePlaces() {
	n := &s.fe.captures
	s.facts.CapturedReq = emptied(s.facts.CapturedReq, n.Request)
	s.facts.CapturedRes = emptied(s.facts.CapturedRes, n.Response)
}

func emptied(places [][]byte, n int) [][]byte {
	places = slices.Grow(places[:0], n)[:n]
	clear(places)
	return places
}

// unset is a timer whose moment never came.
const unset = -time.Millisecond

// term sets HAProxy's termination state: who or what ended the stream, and when.
func (s *stream) term(cause, when byte) {
	if s.facts.Term[0] == '-' {
		s.facts.Term[0], s.facts.Term[1] = cause, when
	}
}
