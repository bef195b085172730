package proxy

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/session"
	"github.com/fairleadproxy/fairlead/core/stats"
)

// initial applies the quic-initial rules of a bind's frontend to packets that
// begin a connection, before anything is kept of it.
type initial struct {
	f     *Frontend
	b     *Bind
	rules []rule
	idle  sync.Pool
}

// initialPacket is what the rules see of one.
type initialPacket struct {
	facts session.Conn
	env   expr.Env
	tx    action.Tx
}

// judge gives what the rules say (protocol.SessionOptions.Judge).
func (i *initial) judge(src, dst netip.AddrPort) protocol.Packet {
	p, _ := i.idle.Get().(*initialPacket)
	if p == nil {
		p = &initialPacket{}
		p.tx.Env = &p.env
	}
	defer i.idle.Put(p)
	p.facts = session.Conn{Src: src, Dst: dst, RealSrc: src, RealDst: dst, FD: -1, Protocol: "quic", Bind: i.b.name, BindID: i.b.id, Accepted: time.Now()}
	p.env.Recycle()
	p.env.Phase, p.env.Conn, p.env.Table = expr.QUICInitial, &p.facts, i.f.graph
	for k := range i.rules {
		r := &i.rules[k]
		if r.cond != nil && !r.cond.Eval(&p.env) {
			continue
		}
		switch r.action.Run(&p.tx) {
		case action.Continue:
			continue
		case action.Drop:
			return protocol.Drop
		case action.Reject:
			return protocol.Refuse
		case action.Retry:
			return protocol.Prove
		}
		return protocol.Take
	}
	return protocol.Take
}

// sessionOptions are the options of a bind's listeners of sessions.
func (b *builder) sessionOptions(f *Frontend, bind *Bind, c *config.Bind, rules []rule) *protocol.SessionOptions {
	o := &protocol.SessionOptions{
		SessionTuning: b.o.Engine.Tuning.ClientSessions, Name: f.name, Counters: &f.QUIC,
		RejectPrivileged: b.cfg.Global.Harden.RejectPrivilegedPorts.QUIC == "on", ForceRetry: c.QUICForceRetry, EarlyData: c.TLS != nil && c.TLS.Allow0RTT,
	}
	if len(rules) > 0 {
		o.Judge = (&initial{f: f, b: bind, rules: rules}).judge
	}
	t := &f.opts.timeouts
	o.IdleTimeout, o.HeadTimeout = cmp.Or(t.KeepAlive, t.Client), cmp.Or(t.HTTPRequest, t.Client)
	o.Begin = func(ctx context.Context) error { return f.beginHandshake(ctx, bind) }
	o.Shook = func(src, dst netip.AddrPort, facts *session.TLS, err error) { f.shook(bind, src, dst, facts, err) }
	return o
}

// quicBind checks what a bind says of QUIC, and warns of what there is no choice of.
func (b *builder) quicBind(f *config.Frontend, c *config.Bind, addrs []address.Address) {
	b.congestion(c.QUICCCAlgo)
	if c.QUICSocket.Value == "connection" {
		b.warn(c.QUICSocket, `quic-socket = "connection" has no effect: all connections of an address share its socket`)
	}
	quic := func(a address.Address) bool { return a.Network == address.QUIC }
	other := func(a address.Address) bool { return !quic(a) }
	only := !slices.ContainsFunc(addrs, other)
	if c.TLS != nil && c.TLS.Allow0RTT && !only {
		b.errs.At(c.TLS.Pos, "", "allow-0rtt cannot be: Go's TLS takes no early data over TCP").
			Hint = "leave it out here, and write it for the quic@ address, with a table of its own: clients resume their sessions without"
	}
	switch {
	case slices.ContainsFunc(addrs, quic):
		b.quicNeeds(f, c, only)
	case c.TLS != nil && f.HTTP() && slices.Contains(c.TLS.ALPN, "h3"):
		b.errs.At(c.TLS.Pos, "", `alpn has "h3", which is spoken over QUIC`).Hint = `leave it out, and add a bind at "quic@` + c.Address.Value + `"`
	}
}

// quicNeeds refuses at a bind with a quic@ address what is nothing for QUIC; only says
// that it has no other addresses.
func (b *builder) quicNeeds(f *config.Frontend, c *config.Bind, only bool) {
	var limits config.TLSLimits
	var alpn []string
	if c.TLS != nil {
		limits, alpn = c.TLS.TLSLimits, c.TLS.ALPN
	}
	b.cfg.Global.Binds(&limits)
	b.unfit(c.Address, []unfit{
		{!f.HTTP(), "QUIC carries HTTP alone", `write mode = "` + config.HTTP + `"`},
		{c.TLS == nil, "QUIC needs TLS", `write { address = "` + c.Address.Value + `", tls = "FILE" }`},
		{c.Proto != "", "QUIC speaks HTTP/3 alone", "leave proto out"},
		{c.AcceptProxy != nil, "the PROXY protocol goes before a stream of bytes, and QUIC has none", "leave accept-proxy out"},
		{before13(&limits), "QUIC needs TLS 1.3, and ssl-max-ver is " + limits.SSLMaxVer, "give the quic@ address a bind of its own, without ssl-max-ver"},
		{only && alpn != nil && !slices.Contains(alpn, "h3"), `QUIC speaks "h3", which is not in alpn`, "leave alpn out"},
	})
}

// quicServer refuses at a server with a quic@ address what is nothing for QUIC.
func (b *builder) quicServer(c *config.Backend, sc *config.Server, s *Server) {
	var limits config.TLSLimits
	var alpn []string
	if sc.TLS != nil {
		limits, alpn = sc.TLS.TLSLimits, sc.TLS.ALPN
	}
	b.cfg.Global.Servers(&limits)
	b.unfit(sc.Address, []unfit{
		{!c.HTTP(), "QUIC carries HTTP alone", `write mode = "` + config.HTTP + `"`},
		{sc.TLS == nil, "QUIC needs TLS", `write { address = "` + sc.Address.Value + `", tls = true }`},
		{s.checks.check != nil, "a server cannot be checked by QUIC", "write check = false"},
		{sc.Proto != "", "QUIC speaks HTTP/3 alone", "leave proto out"},
		{s.proxyOut.used(), "the PROXY protocol goes before a stream of bytes, and QUIC has none", "leave send-proxy and its like out, and write forwardfor = true to tell of clients"},
		{before13(&limits), "QUIC needs TLS 1.3, and ssl-max-ver is " + limits.SSLMaxVer, "leave ssl-max-ver out"},
		{alpn != nil && !slices.Contains(alpn, "h3"), `QUIC speaks "h3", which is not in alpn`, "leave alpn out"},
	})
}

// unfit is what an address cannot be used for, if it is so, and what to do about it.
type unfit struct {
	so         bool
	what, hint string
}

func (b *builder) unfit(at tree.Text, list []unfit) {
	for _, one := range list {
		if one.so {
			at.Fail(b.errs, 0, "%s", one.what).Hint = one.hint
		}
	}
}

func before13(l *config.TLSLimits) bool { return l.SSLMaxVer != "" && l.SSLMaxVer != "TLSv1.3" }

// warn adds a warning about a text.
func (b *builder) warn(t tree.Text, format string, args ...any) {
	b.cfg.Warnings = append(b.cfg.Warnings, &tree.Error{Pos: t.Pos, Path: t.Path, Msg: fmt.Sprintf(format, args...)})
}

// congestion checks quic-cc-algo: the algorithm of HAProxy's, with arguments in
// parentheses (section 5.1).
func (b *builder) congestion(t tree.Text) {
	name, arguments, _ := strings.Cut(t.Value, "(")
	switch name {
	case "":
	case "newreno":
		if arguments != "" {
			b.warn(t, "the arguments of quic-cc-algo have no effect: the congestion window has no other limit")
		}
	case "cubic", "bbr", "nocc":
		b.warn(t, "quic-cc-algo = %q has no effect: congestion is controlled by NewReno", t.Value)
	default:
		t.Fail(b.errs, 0, "there is no algorithm %q", name).Hint = `write "newreno", or leave it out`
	}
}

// sessionHandshake is the longest time that a handshake of a session may wait to
// begin: clients give up soon after.
const sessionHandshake = 10 * time.Second

// beginHandshake waits until maxsslconn and maxsslrate allow another handshake.
func (f *Frontend) beginHandshake(ctx context.Context, b *Bind) error {
	timeout := sessionHandshake
	for _, t := range []time.Duration{f.opts.timeouts.HTTPRequest, f.opts.timeouts.Client} {
		if t > 0 {
			timeout = min(timeout, t)
			break
		}
	}
	leave, err := b.tls.Enter(timeout)
	if err == nil {
		context.AfterFunc(ctx, leave)
	}
	return err
}

// shook counts a handshake that the protocol has done by itself, and logs one that
// failed.
func (f *Frontend) shook(b *Bind, src, dst netip.AddrPort, facts *session.TLS, err error) {
	if err == nil {
		b.shaken.Count(facts, nil)
		f.TLS.Count(facts, nil)
		return
	}
	failed := b.tls.Failure(err)
	b.shaken.Count(nil, failed)
	f.TLS.Count(nil, failed)
	f.ConErrors.Add(1)
	f.log.Debug("TLS handshake", "frontend", f.name, "client", src, "error", failed)
	c := &conn{fe: f, bind: b}
	c.facts = session.Conn{Src: src, Dst: dst, RealSrc: src, RealDst: dst, FD: -1, Protocol: "quic", Bind: b.name, BindID: b.id, Accepted: time.Now(), Err: failed.Conn}
	c.logFailure()
}

// sessionTuning gives what a configuration says of QUIC, for clients and servers.
func sessionTuning(t *config.Tune, maxFields int) (clients, servers protocol.SessionTuning) {
	q := &t.TuneQUIC
	common := protocol.SessionTuning{MaxHead: int(t.Bufsize), MaxFields: maxFields, QLog: q.QUICQLog.Value, CountDropped: q.QUICCountDropped, NoGSO: q.QUICFeGSO == "off" || q.QUICBeGSO == "off"}
	clients, servers = common, common
	clients.MaxIdle, servers.MaxIdle = q.QUICFeMaxIdleTimeout, q.QUICBeMaxIdleTimeout
	clients.MaxStreams, servers.MaxStreams = q.QUICFeMaxConcurrent, q.QUICBeMaxConcurrent
	clients.MaxRequests, clients.RetryThreshold = q.QUICFeMaxTotal, q.QUICFeRetryThreshold
	clients.Window, clients.StreamWindow = windows(q.QUICFeRxbuf, q.QUICFeDataRatio)
	servers.Window, servers.StreamWindow = windows(q.QUICBeRxbuf, q.QUICBeDataRatio)
	clients.GlitchLimit, servers.GlitchLimit = q.QUICFeGlitchesThreshold, q.QUICBeGlitchesThreshold
	return clients, servers
}

// windows give how much may be in flight over a connection and a stream of it.
func windows(rxbuf tree.Size, ratio int) (conn, stream int64) {
	return int64(rxbuf), int64(rxbuf) * int64(ratio) / 100
}

// quicStatistics gives what the frontend's listeners of sessions refuse.
func (f *Frontend) quicStatistics() stats.QUIC {
	c := &f.QUIC
	return stats.QUIC{
		Dropped: c.Dropped.Load(), Malformed: c.Malformed.Load(), Refused: c.Refused.Load(),
		Retries: c.Retries.Load(), HalfOpen: c.HalfOpen.Load(), Breaches: breaches(&c.Breaches),
	}
}

// qlog checks the directory of records.
func (b *builder) qlog() {
	dir := b.cfg.Global.Tune.QUICQLog
	if dir.IsZero() {
		return
	}
	info, err := os.Stat(dir.Value)
	switch {
	case err != nil:
		dir.Fail(b.errs, 0, "%v", err).Hint = "make the directory, for the user that the process becomes to write to"
	case !info.IsDir():
		dir.Fail(b.errs, 0, "%s is not a directory", dir.Value)
	}
}
