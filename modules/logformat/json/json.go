// Package json is the log format of structured logs: one JSON object a line,
// with the fields of HAProxy's HTTP and TCP logs under the names that its manual
// gives them in sections 8.2.2, 8.2.3 and 8.2.6.
//
//	[[global.log]]
//	to = "stdout"
//	format = "json"
//
// The keys are stable: none changes its meaning, and new ones may be added at
// the end. They come in this order, and those of a group are left out where
// the group does not apply.
//
//	date                 string  when the stream began, RFC 3339, UTC, microseconds
//	client_ip            string  absent for unix sockets
//	client_port          number  absent for unix sockets
//	frontend_ip          string  the address connected to; absent for unix sockets
//	frontend_port        number  absent for unix sockets
//	protocol             string  the bind's protocol: "tcp", "mptcp", "unix", "quic"
//	frontend_name        string
//	backend_name         string
//	server_name          string  "<NOSRV>" when there was none
//	server_ip            string  absent when no connection was tried
//	server_port          number  absent when no connection was tried
//	Th Ti TR Tw Tc Tr Ta Tt  number  timers in milliseconds, -1 when there was none
//	                             (section 8.4); Ti, TR, Tr and Ta in HTTP mode only
//	bytes_read           number  sent to the client
//	bytes_uploaded       number  received from the client
//	termination_state    string  section 8.5: two letters in TCP mode, four in HTTP mode
//	actconn feconn beconn srv_conn retries  number
//	redispatched         boolean
//	srv_queue backend_queue  number
//	unique_id            string  absent without one
//	ssl_version ssl_ciphers ssl_sni ssl_alpn  string   with TLS only
//	ssl_resumed          boolean with TLS only
//	status_code          number  this and the following in HTTP mode only
//	http_method http_uri http_version  string  absent when the request was not understood
//	http_request         string  the request line; only when it was not understood
//	captured_request_headers captured_response_headers  array of strings, null
//	                             for one that was not there; absent when none are captured
//
// Bytes that are not UTF-8 become U+FFFD. Lines can be long: syslog's default
// of 1024 bytes cuts them.
package json

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/session"
)

func init() {
	module.Register(logs.FormatKind, "json", module.Spec[Config, logs.Formatter]{
		Doc: "One JSON object a line",
		New: New,
	})
}

// Config is the configuration of the format: there is nothing to configure.
type Config struct{}

// New makes the format.
func New(*module.Context, Config) (logs.Formatter, error) { return format{}, nil }

type format struct{}

// Append appends the object for the stream in e to dst. It allocates nothing.
func (format) Append(dst []byte, e *expr.Env) []byte {
	o := object{dst: dst}
	s := e.Stream
	conn := e.Conn
	begin := e.Now
	if s != nil && !s.Begin.IsZero() {
		begin = s.Begin
	} else if conn != nil && !conn.Accepted.IsZero() {
		begin = conn.Accepted
	}
	o.time("date", begin)
	if conn != nil {
		o.endpoint("client_ip", "client_port", conn.Src)
		o.endpoint("frontend_ip", "frontend_port", conn.Dst)
		o.string("protocol", conn.Protocol)
	}
	if s != nil {
		o.stream(s)
	}
	if conn != nil && conn.TLS != nil {
		o.tls(conn.TLS)
	}
	if s != nil && s.HTTP {
		o.http(s)
	}
	return o.end()
}

func (o *object) stream(s *session.Stream) {
	o.string("frontend_name", s.Frontend)
	o.string("backend_name", s.Backend)
	o.string("server_name", s.Server)
	o.endpoint("server_ip", "server_port", s.ServerAddr)
	o.timers(s)
	o.int("bytes_read", s.BytesOut)
	o.int("bytes_uploaded", s.BytesIn)
	term := s.Term[:2]
	if s.HTTP {
		term = s.Term[:]
	}
	o.bytes("termination_state", term)
	o.int("actconn", s.ActConn)
	o.int("feconn", s.FeConn)
	o.int("beconn", s.BeConn)
	o.int("srv_conn", s.SrvConn)
	o.int("retries", int64(s.Retries))
	o.bool("redispatched", s.Redispatched)
	o.int("srv_queue", s.SrvQueue)
	o.int("backend_queue", s.BackendQueue)
	if s.UniqueID != "" {
		o.string("unique_id", s.UniqueID)
	}
}

func (o *object) timers(s *session.Stream) {
	o.millis("Th", s.Handshake)
	if s.HTTP {
		o.millis("Ti", s.Idle)
		o.millis("TR", s.Request)
	}
	o.millis("Tw", s.Queue)
	o.millis("Tc", s.Connect)
	if s.HTTP {
		o.millis("Tr", s.Response)
		o.millis("Ta", active(s))
	}
	o.millis("Tt", s.Total)
}

// active gives Ta, the time from the request's first byte to the end: all but
// the handshake and the idle time (HAProxy manual 8.4).
func active(s *session.Stream) time.Duration {
	if s.Total < 0 {
		return s.Total
	}
	return max(0, s.Total-max(0, s.Handshake)-max(0, s.Idle))
}

func (o *object) tls(t *session.TLS) {
	o.string("ssl_version", t.Version)
	o.string("ssl_ciphers", t.Cipher)
	o.string("ssl_sni", t.SNI)
	o.string("ssl_alpn", t.ALPN)
	o.bool("ssl_resumed", t.Resumed)
}

func (o *object) http(s *session.Stream) {
	o.int("status_code", int64(s.Status))
	method, rest, ok := bytes.Cut(s.RequestLine, space)
	uri, version, ok2 := bytes.Cut(rest, space)
	if ok && ok2 {
		o.bytes("http_method", method)
		o.bytes("http_uri", uri)
		o.bytes("http_version", version)
	} else {
		o.bytes("http_request", s.RequestLine)
	}
	o.list("captured_request_headers", s.CapturedReq)
	o.list("captured_response_headers", s.CapturedRes)
}

var space = []byte{' '}

// object appends a JSON object's members.
type object struct {
	dst   []byte
	comma bool
}

// key begins a member. Keys need no escaping.
func (o *object) key(name string) {
	c := byte('{')
	if o.comma {
		c = ','
	}
	o.comma = true
	o.dst = append(o.dst, c, '"')
	o.dst = append(o.dst, name...)
	o.dst = append(o.dst, '"', ':')
}

func (o *object) end() []byte {
	if !o.comma {
		o.dst = append(o.dst, '{')
	}
	return append(o.dst, '}')
}

func (o *object) int(name string, v int64) {
	o.key(name)
	o.dst = strconv.AppendInt(o.dst, v, 10)
}

// millis appends a timer; one that never began is -1.
func (o *object) millis(name string, d time.Duration) {
	if d < 0 {
		o.int(name, -1)
		return
	}
	o.int(name, d.Milliseconds())
}

func (o *object) bool(name string, v bool) {
	o.key(name)
	o.dst = strconv.AppendBool(o.dst, v)
}

func (o *object) string(name, v string) {
	o.key(name)
	o.dst = appendString(o.dst, v)
}

func (o *object) bytes(name string, v []byte) {
	o.key(name)
	o.dst = appendString(o.dst, v)
}

func (o *object) time(name string, t time.Time) {
	o.key(name)
	o.dst = t.UTC().AppendFormat(o.dst, `"2006-01-02T15:04:05.000000Z"`)
}

// endpoint appends an address and a port, unless there is none.
func (o *object) endpoint(ip, port string, a netip.AddrPort) {
	if !a.IsValid() {
		return
	}
	o.key(ip)
	o.dst = append(o.dst, '"')
	o.dst = a.Addr().Unmap().AppendTo(o.dst)
	o.dst = append(o.dst, '"')
	o.int(port, int64(a.Port()))
}

func (o *object) list(name string, values [][]byte) {
	if len(values) == 0 {
		return
	}
	o.key(name)
	c := byte('[')
	for _, v := range values {
		o.dst = append(o.dst, c)
		c = ','
		if v == nil {
			o.dst = append(o.dst, "null"...)
		} else {
			o.dst = appendString(o.dst, v)
		}
	}
	o.dst = append(o.dst, ']')
}
