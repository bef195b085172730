package proxy

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/protocol"
)

func (b *builder) frontend(c *config.Frontend, f *Frontend) {
	sc := b.scope(&c.Proxy)
	sc.Captures = &f.captures
	b.httpOnly(&c.Proxy, "frontend", c.Name)
	f.mode = b.mode(&c.Proxy)
	f.opts = b.options(&c.Proxy, f.mode)
	f.opts.http2.Breaches = &f.Mux
	f.rules = b.rules(&c.Proxy, sc)
	f.slots.limit = int64(c.Maxconn)
	f.defaultBackend = b.g.backends[c.DefaultBackend.Value]
	f.monitorURI = []byte(c.MonitorURI.Value)
	for _, m := range c.MonitorFail {
		if cond := b.condition(m.If, m.Unless, sc.In(expr.HTTPRequest)); cond != nil {
			f.monitorFail = append(f.monitorFail, cond)
		}
	}
	id := sc.In(expr.HTTPRequest)
	id.MergeSpaces = true
	f.uniqueID = b.format(c.UniqueIDFormat, id)
	f.uniqueIDHeader = c.UniqueIDHeader.Value
	b.switching(c, f, sc)
	b.frontendLogs(c, f, sc)
	initial := b.ruleList(c.QUICInitial, sc.In(expr.QUICInitial))
	for i := range c.Bind {
		b.bind(c, f, &c.Bind[i], i+1, initial)
	}
	b.altSvc(c, f)
	f.httpsPort = b.httpsPort(c, f)
}

func (b *builder) switching(c *config.Frontend, f *Frontend, sc *expr.Scope) {
	phase := expr.HTTPRequest
	if !f.http {
		phase = expr.TCPContent
	}
	for _, u := range c.UseBackend {
		r := backendRule{cond: b.condition(u.If, u.Unless, sc.In(phase)), backend: b.g.backends[u.Backend.Value]}
		if r.backend == nil {
			r.name = b.format(u.Backend, sc.In(phase))
		}
		f.switching = append(f.switching, r)
	}
}

// bind prepares the listeners of a bind line. Those of sessions obey the
// quic-initial rules.
func (b *builder) bind(c *config.Frontend, f *Frontend, bc *config.Bind, id int, initial []rule) {
	if bc.ID != 0 {
		id = bc.ID
	}
	addrs, err := address.ParseBind(bc.Address.Value)
	if err != nil {
		b.addressError(bc.Address, err)
		return
	}
	bind := &Bind{name: bc.Name, id: id, at: bc.Address}
	if bind.name == "" {
		bind.name = bc.Address.Value
	}
	bind.maxConn.limit = int64(bc.Maxconn)
	if bc.AcceptProxy != nil {
		bind.proxyFrom.all = len(bc.AcceptProxy.From) == 0
		bind.proxyFrom.from = prefixes(bc.AcceptProxy.From)
	}
	o := &c.Option
	bind.options = protocol.ListenOptions{
		Backlog: max(bc.Backlog, c.Backlog*flagInt(bc.Backlog == 0)), Interface: bc.Interface, Transparent: bc.Transparent,
		V4V6: bc.V4V6, V6Only: bc.V6Only, TCPUT: bc.TCPUT, DeferAccept: bc.DeferAccept, TFO: bc.TFO, MSS: bc.MSS,
		KeepAlive: o.TCPKA || o.CliTCPKA, User: config.NameOr(bc.User, bc.UID), Group: config.NameOr(bc.Group, bc.GID),
		MPTCPFallback: b.cfg.Global.MptcpFallback,
	}
	if bc.Mode != 0 {
		bind.options.Mode = strconv.FormatUint(uint64(bc.Mode), 8)
	}
	b.quicBind(c, bc, addrs)
	bind.tls = b.bindTLS(c, bc)
	bind.options.TLS = bind.tls
	bind.options.Sessions = b.sessionOptions(f, bind, bc, initial)
	bind.http1, bind.http2 = bc.Proto == "h1" || o.DisableH2Upgrade, bc.Proto == "h2"
	for _, a := range addrs {
		if a.Network == address.QUIC && b.cfg.Global.Tune.QUICListen == "off" {
			continue
		}
		if p := b.protocol(a, bc.Address); p != nil {
			b.datagrams(p, bc.Address, f.http, bc.TLS != nil, bc.AcceptProxy != nil)
			bind.places = append(bind.places, place{a, p})
		}
	}
	f.binds = append(f.binds, bind)
}

func flagInt(on bool) int {
	if on {
		return 1
	}
	return 0
}

func prefixes(list []config.Network) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, n := range list {
		out[i] = n.Prefix
	}
	return out
}

// addressError reports an error of package address where it stands.
func (b *builder) addressError(t tree.Text, err error) {
	var at *address.Error
	if errors.As(err, &at) {
		e := t.Fail(b.errs, at.Offset, "%s", at.Text)
		if strings.ContainsAny(t.Value, " \t") {
			e.Hint = `what is set of it stands beside the address: { address = "...", KEY = VALUE, ... }`
		}
		return
	}
	b.errs.Add(err, t.Pos, t.Path)
}

// options compiles what frontends and backends have in common.
func (b *builder) options(c *config.Proxy, m Mode) *options {
	t := &c.Timeout
	o := &options{
		timeouts: Timeouts{
			Connect: t.Connect, Client: t.Client, Server: t.Server, Queue: t.Queue, HTTPRequest: t.HTTPRequest,
			KeepAlive: t.HTTPKeepAlive, Tunnel: t.Tunnel, ClientFin: t.ClientFin, ServerFin: t.ServerFin,
			Tarpit: t.Tarpit, Check: t.Check,
		},
		dontLogNull: c.Option.Dontlognull, ignoreProbes: c.Option.HTTPIgnoreProbes,
		abortOnClose: config.Chosen(c.HTTP(), c.Option.Abortonclose),
	}
	switch c.Option.Connection {
	case "http-server-close":
		o.connMode = ServerClose
	case "httpclose":
		o.connMode = Close
	}
	if f := c.Forwardfor; f != nil {
		o.forwardFor = &addressField{except: prefixes(f.Except), header: f.Header.Value, ifNone: f.IfNone}
	}
	if f := c.Originalto; f != nil {
		o.originalTo = &addressField{except: prefixes(f.Except), header: f.Header.Value}
	}
	if m != nil {
		m.options(b, c, o)
	}
	return o
}

// errorFiles reads the responses that replace the built-in error pages.
func (b *builder) errorFiles(c *config.Proxy) map[int]*errorFile {
	files := map[int]*errorFile{}
	for _, use := range c.Errorfiles {
		section := b.httpErrors(use.Name.Value)
		if section == nil {
			var known []string
			for _, h := range b.cfg.HTTPErrors {
				known = append(known, h.Name)
			}
			use.Name.Fail(b.errs, 0, "there is no section [http-errors.%s]", use.Name.Value).Suggest(use.Name.Value, known)
			continue
		}
		wanted := map[int]bool{}
		for _, status := range use.Status {
			wanted[status] = true
		}
		for _, e := range section.Errorfile.Entries {
			if status, page := b.errorFile(e); page != nil && (len(wanted) == 0 || wanted[status]) {
				files[status] = page
			}
		}
	}
	for _, e := range c.Errorfile.Entries {
		if status, page := b.errorFile(e); page != nil {
			files[status] = page
		}
	}
	return files
}

func (b *builder) httpErrors(name string) *config.HTTPErrors {
	for _, h := range b.cfg.HTTPErrors {
		if h.Name == name {
			return h
		}
	}
	return nil
}

func (b *builder) errorFile(e tree.Entry[tree.Text]) (int, *errorFile) {
	status, err := strconv.Atoi(e.Key)
	if _, known := errorTexts[status]; err != nil || !known {
		b.errs.At(e.Pos, e.Path, "there are no error responses with status %q", e.Key).Hint = "the statuses are 200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503 and 504"
		return 0, nil
	}
	text, err := os.ReadFile(e.Value.Value)
	if err != nil {
		e.Value.Fail(b.errs, 0, "%v", err)
		return 0, nil
	}
	page, err := parseErrorFile(text)
	if err != nil {
		e.Value.Fail(b.errs, 0, "%s is not an HTTP response: %v", e.Value.Value, err).
			Hint = fmt.Sprintf("begin it with a line such as \"HTTP/1.1 %d Error\", then fields, an empty line, and the body", status)
		return 0, nil
	}
	return status, page
}
