package proxy

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/proxyproto"
	"github.com/fairleadproxy/fairlead/core/relay"
)

// checking is how a server is checked, and judged by its streams.
type checking struct {
	check   health.Check // nil: not checked
	config  health.Config
	timeout time.Duration
	at      netip.AddrPort // address and port to check, where they are not the server's
	checker *health.Checker
	tls     layer.Connector // for one request at a time; nil: plain

	observe    observation
	errorLimit int32
	onError    onError
}

// observation is what of its streams a server is judged by (observe).
type observation uint8

const (
	observeNothing observation = iota
	observeLayer4
	observeLayer7
)

// onError is what follows when error-limit is reached (on-error).
type onError uint8

const (
	failCheck onError = iota
	fastInter
	suddenDeath
	markDown
)

// startChecks begins to check the server. n servers are checked in all, of which
// this is the ith, so that their checks are spread over time.
func (s *Server) startChecks(i, n int) {
	c := &s.checks
	config := c.config
	config.Delay = config.Inter * time.Duration(i) / time.Duration(n)
	t := health.Target{
		Dial: s.dialCheck, Address: s.checkAddress(),
		ConnectTimeout: config.Inter, Timeout: config.Inter,
	}
	if d := s.backend.opts.timeouts.Connect; d > 0 {
		t.ConnectTimeout = min(t.ConnectTimeout, d)
	}
	if c.timeout > 0 {
		t.Timeout = c.timeout
	}
	before := c.checker
	c.checker = health.New(c.check, t, config, s)
	if before != nil {
		c.checker.Adopt(before.Status())
	}
	s.backend.graph.ctx.Go("check of "+serverLabel(s), c.checker.Run)
}

// checkTarget is where checks connect to.
func (s *Server) checkTarget() protocol.Target {
	to := protocol.Target{Path: s.path}
	if a := s.addr.Load(); a != nil {
		to.Addr = *a
	}
	if a := s.checks.at; a.Addr().IsValid() {
		to = protocol.Target{Addr: netip.AddrPortFrom(a.Addr(), to.Addr.Port())}
	}
	if p := s.checks.at.Port(); p != 0 {
		to.Addr = netip.AddrPortFrom(to.Addr.Addr(), p)
	}
	return to
}

func (s *Server) checkAddress() string {
	if to := s.checkTarget(); to.Path == "" {
		return to.Addr.String()
	}
	return "localhost"
}

// dialCheck connects as streams do, with a PROXY protocol header that tells of no
// client.
func (s *Server) dialCheck(timeout time.Duration) (*relay.Conn, error) {
	o := s.dial
	o.Timeout = timeout
	c, err := s.proto.Dial(s.checkTarget(), &o)
	if err != nil {
		return nil, err
	}
	if err := s.greet(c); err != nil {
		c.Close()
		return nil, err
	}
	if s.checks.tls != nil {
		c, _, err = s.secure(context.Background(), s.checks.tls, c, "", timeout)
	}
	return c, err
}

// greet begins a check's connection with a PROXY protocol header where streams do, or
// where check-send-proxy says so.
func (s *Server) greet(c *relay.Conn) error {
	if own := s.checks.at == (netip.AddrPort{}); !s.proxyOut.checks && !(own && s.proxyOut.used()) {
		return nil
	}
	header := []byte("PROXY UNKNOWN\r\n")
	if s.proxyOut.version == 2 {
		header = proxyproto.AppendLocal(nil)
	}
	_, err := c.Write(header)
	return err
}

// Changed is the checker's word that the server went up or down.
func (s *Server) Changed(up bool, r health.Result) {
	s.up.Store(up)
	s.factor.Store(fullWeight)
	if up && s.slowStart > 0 {
		s.factor.Store(0)
		s.backend.graph.ctx.Go("slow start of "+serverLabel(s), s.warmUp)
	}
	if !up {
		s.purge(all)
	}
	s.backend.Refresh()
	s.report(up, r)
}

// Checked is called after every check.
func (s *Server) Checked(r health.Result) {
	if !s.backend.logChecks {
		return
	}
	word := "failed"
	if r.OK {
		word = "succeeded"
	}
	line := fmt.Sprintf("Health check for server %s/%s %s, %s.", s.backend.name, s.name, word, reason(r))
	s.backend.logs.Log(logs.Notice, []byte(line))
}

// reason tells a result in the form that HAProxy's logs have.
func reason(r health.Result) string {
	text := "reason: " + r.Reason()
	if r.Status != 0 {
		text += fmt.Sprintf(", code: %d", r.Status)
	}
	if r.Desc != "" {
		text += fmt.Sprintf(", info: %q", r.Desc)
	}
	return text + fmt.Sprintf(", check duration: %dms", r.Duration.Milliseconds())
}

// report logs that the server went up or down.
func (s *Server) report(up bool, r health.Result) {
	b := s.backend
	active, backups := 0, 0
	for _, x := range b.servers {
		switch {
		case !x.Usable():
		case x.backup:
			backups++
		default:
			active++
		}
	}
	word, level, where := "UP", logs.Notice, "online"
	if !up {
		word, level, where = "DOWN", logs.Alert, "left"
	}
	line := fmt.Sprintf("Server %s/%s is %s, %s. %d active and %d backup servers %s. %d sessions active, %d in queue.",
		b.name, s.name, word, reason(r), active, backups, where, s.Cur.Load(), s.Queued())
	b.logs.Log(level, []byte(line))
	b.graph.log.Info("server "+word, "server", b.name+"/"+s.name, "reason", r.Code, "info", r.Desc)
	if active+backups == 0 {
		b.logs.Log(logs.Emerg, []byte("backend "+b.name+" has no server available!"))
		b.graph.log.Error("backend has no server available", "backend", b.name)
	}
}

// warmSteps is how many steps a slow start takes.
const warmSteps = 20

// warmUp raises the weight step by step over slowstart.
func (s *Server) warmUp(ctx context.Context) {
	tick := time.NewTicker(max(s.slowStart/warmSteps, time.Millisecond))
	defer tick.Stop()
	for begin := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.up.Load() {
			return
		}
		part := int64(fullWeight) * int64(time.Since(begin)) / int64(s.slowStart)
		s.factor.Store(min(part, fullWeight))
		s.backend.Refresh()
		if part >= fullWeight {
			return
		}
	}
}

// observed judges the server by a stream, where it is observed at that layer.
func (s *Server) observed(layer observation, ok bool) {
	c := &s.checks
	if c.observe < layer || c.checker == nil || ok && c.observe != layer {
		return // a connection alone is no success at layer 7
	}
	if ok {
		s.errorsInRow.Store(0)
		return
	}
	if s.errorsInRow.Add(1) < c.errorLimit {
		return
	}
	s.errorsInRow.Store(0)
	r := health.Result{Code: "HANA", Desc: "errors of streams"}
	switch c.onError {
	case fastInter:
		c.checker.Hurry()
	default:
		c.checker.Fail(r, c.onError == suddenDeath, c.onError == markDown)
	}
}
