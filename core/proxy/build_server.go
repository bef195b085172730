package proxy

import (
	"net/netip"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/health"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

// server completes a server of its section.
func (b *builder) server(c *config.Backend, sc *config.Server, s *Server, scope *expr.Scope) {
	addr, err := address.ParseServer(sc.Address.Value)
	if err != nil {
		b.addressError(sc.Address, err)
		return
	}
	s.spec, s.at = addr, sc.Address
	s.path = protocol.UnixPath(addr)
	s.proto = b.protocol(addr, sc.Address)
	s.perClient = !addr.HasPort && s.path == "" || addr.Wildcard()
	s.dial = protocol.DialOptions{
		Name:  c.Name + "/" + s.name,
		TCPUT: sc.TCPUT, TFO: sc.TFO, KeepAlive: c.Option.TCPKA || c.Option.SrvTCPKA,
		MPTCPFallback: b.cfg.Global.MptcpFallback, Sessions: b.o.Engine.Tuning.ServerSessions,
	}
	b.congestion(sc.QUICCCAlgo)
	b.source(sc.Source, s)
	b.serverTLS(c, sc, s, scope)
	s.maxConn, s.maxQueue = int64(sc.Maxconn), int64(sc.Maxqueue)
	s.backup, s.cookie = sc.Backup, sc.Cookie
	s.slowStart = sc.Slowstart
	s.maxReuse = sc.MaxReuse
	s.idle.max, s.purgeDelay = sc.PoolMaxConn, sc.PoolPurgeDelay
	s.proxyOut = b.proxyOut(sc, scope)
	s.poolName = b.poolName(c, sc, scope)
	b.datagrams(s.proto, sc.Address, c.HTTP(), sc.TLS != nil, s.proxyOut.used())
	b.checks(c, sc, s)
	b.versions(c, sc, s)
	s.weight.Store(int64(sc.Weight))
	s.factor.Store(fullWeight)
	s.up.Store(true)
	if sc.Disabled {
		s.admin.Store(Maint)
	}
}

// source sets the address that connections come from.
func (b *builder) source(c *config.Source, s *Server) {
	if c == nil {
		return
	}
	addr, err := address.ParseSource(c.Address.Value)
	if err != nil {
		b.addressError(c.Address, err)
		return
	}
	ip, ok := addr.BindIP()
	if !ok {
		c.Address.Fail(b.errs, 0, "want an IP address to connect from")
		return
	}
	s.dial.Interface = c.Interface
	if !ip.IsUnspecified() || addr.PortLow != 0 {
		s.dial.Source = netip.AddrPortFrom(ip, addr.PortLow)
	}
}

// checks sets up the server's health checks.
func (b *builder) checks(c *config.Backend, sc *config.Server, s *Server) {
	k := &s.checks
	k.errorLimit, k.observe, k.onError = int32(sc.ErrorLimit), observations[sc.Observe], onErrors[sc.OnError]
	if sc.Check == nil {
		return
	}
	k.check, _ = instance(b, health.Kind, &sc.Check.Module)
	k.config = health.Config{
		Inter: *sc.Inter, Fastinter: *sc.Fastinter, Downinter: *sc.Downinter, Rise: *sc.Rise, Fall: *sc.Fall,
		Spread: b.cfg.Global.SpreadChecks,
	}
	k.timeout = c.Timeout.Check
	if sc.Port != nil {
		k.at = netip.AddrPortFrom(netip.Addr{}, uint16(*sc.Port))
	}
	if sc.Addr != nil {
		ip, err := netip.ParseAddr(sc.Addr.Value)
		if err != nil {
			sc.Addr.Fail(b.errs, 0, "%q is not an IP address", sc.Addr.Value)
		}
		k.at = netip.AddrPortFrom(ip, k.at.Port())
	}
	if s.perClient && k.at.Port() == 0 {
		sc.Address.Fail(b.errs, 0, "the server has no port of its own to check").Hint = "write port = in its check, or check = false"
	}
}

var (
	observations = map[string]observation{"layer4": observeLayer4, "layer7": observeLayer7}
	onErrors     = map[string]onError{"fastinter": fastInter, "fail-check": failCheck, "sudden-death": suddenDeath, "mark-down": markDown}
)

// place is an address of a bind and the protocol that listens there.
type place struct {
	addr  address.Address
	proto protocol.Protocol
}

// where names a place in the configuration in errors of later stages.
func where(t tree.Text, err error) error {
	errs := &tree.Errors{}
	errs.At(t.Pos, t.Path, "%v", err)
	return errs
}
