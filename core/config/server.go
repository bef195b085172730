package config

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Server is a server of a backend (section 5.2).
type Server struct {
	// Address is the server's, such as "10.0.0.1:8080", "mptcp@app:80" or "/run/app.sock".
	Address tree.Text `toml:"address,required,short"`
	// Name is for logs, statistics and rules. Default: the table's, or s1, s2
	// and so on in a list.
	Name tree.Text `toml:"name"`
	// ID is the number in statistics and hashes. Default 0: the place in the backend, from 1.
	ID int `toml:"id" min:"0"`

	ServerSettings

	// Pos is where the server stands, Path its path.
	Pos  tree.Pos `toml:"-"`
	Path string   `toml:"-"`
}

// ServerSettings are the settings of servers that default-server may have.
type ServerSettings struct {
	// Weight is the server's part of the load, from 0 for none to 256. Default 1.
	Weight int `toml:"weight" min:"0" max:"256"`
	// Maxconn is how many streams it serves at once; more wait. Default 0: no limit.
	Maxconn int `toml:"maxconn" min:"0"`
	// Maxqueue is how many streams wait for it. Default 0: no limit.
	Maxqueue int `toml:"maxqueue" min:"0"`
	// Backup keeps it for when no other server is up. Default false.
	Backup bool `toml:"backup"`
	// Disabled starts it in maintenance. Default false.
	Disabled bool `toml:"disabled"`
	// Slowstart is how long it takes to full weight after it came up. Default 0.
	Slowstart time.Duration `toml:"slowstart"`

	// Check turns its health checks on or off: true, false, a module's name, or
	// a table. After loading it is settled from here, default-server and the
	// backend, nil for no checks. Default: the backend's.
	Check *Check `toml:"check"`
	// CheckTimes are the times and places of its checks, as in HAProxy.
	CheckTimes
	// Observe judges it by its streams as well: "layer4" or "layer7". Default: no.
	Observe string `toml:"observe" enum:"layer4|layer7"`
	// ErrorLimit is how many errors in a row count for observe. Default 10.
	ErrorLimit int `toml:"error-limit" min:"1"`
	// OnError is what follows then: "fastinter", "fail-check", "sudden-death" or
	// "mark-down". Default "fail-check".
	OnError string `toml:"on-error" enum:"fastinter|fail-check|sudden-death|mark-down"`

	// Cookie is its value of the backend's cookie. Default: none.
	Cookie string `toml:"cookie"`

	// SendProxy and SendProxyV2 begin connections with a PROXY protocol header
	// of version 1 or 2. Version 2 also tells the protocol that TLS agreed on. Default
	// false.
	SendProxy   bool `toml:"send-proxy"`
	SendProxyV2 bool `toml:"send-proxy-v2"`
	// SendProxyV2SSL is send-proxy-v2 that tells of TLS with the client, and
	// SendProxyV2SSLCN that with the common name in the client's certificate. Default
	// false.
	SendProxyV2SSL   bool `toml:"send-proxy-v2-ssl"`
	SendProxyV2SSLCN bool `toml:"send-proxy-v2-ssl-cn"`
	// ProxyV2Options are what send-proxy-v2 tells besides: "ssl", "cert-cn",
	// "ssl-cipher", "cert-sig", "cert-key", "authority", "unique-id", and "crc32c" for a
	// checksum. Default: none.
	ProxyV2Options ProxyV2Options `toml:"proxy-v2-options"`
	// SetProxyV2TLVFmt are log-format strings for TLVs that it has as well, by their
	// types: numbers from 0 to 255, or names as fc_pp_tlv has. An empty one is left out.
	// Default: none.
	SetProxyV2TLVFmt tree.Ordered[tree.Text] `toml:"set-proxy-v2-tlv-fmt"`
	// CheckSendProxy has health checks begin with a header wherever they connect to.
	// Default false: they do where streams do, unless they have an address or port of
	// their own.
	CheckSendProxy bool `toml:"check-send-proxy"`
	// Proto is the version of HTTP to speak: "h1", or "h2" without asking. Default: what
	// alpn of tls makes of it, else "h1".
	Proto string `toml:"proto" enum:"h1|h2"`
	// WS is what WebSocket is carried by: "h1", "h2", which needs a server that takes
	// extended CONNECT (RFC 8441), or "auto": what other requests are, but HTTP/1.1 where
	// alpn of tls has both. Default "auto".
	WS string `toml:"ws" enum:"auto|h1|h2"`
	// QUICCCAlgo is how congestion is controlled with a quic@ server: "newreno". Others
	// of HAProxy's are taken with a warning. Default "newreno".
	QUICCCAlgo tree.Text `toml:"quic-cc-algo"`
	// TLS has the connections speak TLS: true, or a table. Default: plain.
	TLS *ServerTLS `toml:"tls,bool"`
	// CheckSSL has health checks speak TLS whatever streams do: true, with the settings
	// of tls or none, false, or a table of settings as tls has. Default: as tls says.
	CheckSSL *CheckSSL `toml:"check-ssl"`
	// Source is the address to connect from. Default: the backend's.
	Source *Source `toml:"source"`
	// TCPUT is how long sent data may stay unacknowledged (TCP user timeout).
	// Default 0: the kernel's.
	TCPUT time.Duration `toml:"tcp-ut" os:"linux"`
	// TFO sends data in the first packet (TCP fast open). Default false.
	TFO bool `toml:"tfo" os:"linux"`

	// PoolConnName is a sample expression for the name of a connection: only requests
	// with the same name use it. Default: the name that sni of tls gives.
	PoolConnName tree.Text `toml:"pool-conn-name"`
	// PoolMaxConn is how many idle connections are kept. Default -1: no limit, but 1000
	// with names.
	PoolMaxConn int `toml:"pool-max-conn" min:"-1"`
	// PoolPurgeDelay is how often half of those that nobody needed are closed;
	// 0 keeps none. Default 5s.
	PoolPurgeDelay time.Duration `toml:"pool-purge-delay"`
	// MaxReuse is how often a connection is used again. Default -1: no limit.
	MaxReuse int `toml:"max-reuse" min:"-1"`
}

// SetDefaults sets what HAProxy's manual says.
func (s *ServerSettings) SetDefaults() {
	s.Weight = 1
	s.ErrorLimit = 10
	s.OnError = "fail-check"
	s.PoolMaxConn, s.MaxReuse = -1, -1
	s.PoolPurgeDelay = 5 * time.Second
}

// CheckTimes say when and where servers are checked. On a server they count
// before those in check tables.
type CheckTimes struct {
	// Inter is the time from check to check. Default 2s.
	Inter *time.Duration `toml:"inter" min:"1ms"`
	// Fastinter is that while the state is changing. Default: inter.
	Fastinter *time.Duration `toml:"fastinter" min:"1ms"`
	// Downinter is that while the server is down. Default: inter.
	Downinter *time.Duration `toml:"downinter" min:"1ms"`
	// Rise is how many successes in a row bring a server up. Default 2.
	Rise *int `toml:"rise" min:"1"`
	// Fall is how many failures in a row take it down. Default 3.
	Fall *int `toml:"fall" min:"1"`
	// Port is the port to check. Default: the server's.
	Port *int `toml:"port" min:"1" max:"65535"`
	// Addr is the address to check. Default: the server's.
	Addr *tree.Text `toml:"addr"`
}

// override takes what is set in o.
func (t *CheckTimes) override(o CheckTimes) {
	pick(&t.Inter, o.Inter)
	pick(&t.Fastinter, o.Fastinter)
	pick(&t.Downinter, o.Downinter)
	pick(&t.Rise, o.Rise)
	pick(&t.Fall, o.Fall)
	pick(&t.Port, o.Port)
	pick(&t.Addr, o.Addr)
}

func pick[T any](into **T, from *T) {
	if from != nil {
		*into = from
	}
}

// settle sets the defaults; Port and Addr stay nil for the server's own.
func (t *CheckTimes) settle() {
	inter, rise, fall := 2*time.Second, 2, 3
	defaulted := CheckTimes{Inter: &inter, Rise: &rise, Fall: &fall}
	defaulted.override(*t)
	defaulted.Fastinter, defaulted.Downinter = defaulted.Inter, defaulted.Inter
	defaulted.override(*t)
	*t = defaulted
}

// Check is a health check: true, a check module's name, or a table such as
// { type = "http", path = "/healthz", inter = "2s", rise = 2, fall = 3 }. Keys
// besides those here are the module's.
type Check struct {
	// Enabled is false for check = false.
	Enabled bool
	// Module is the check module. Default "tcp".
	Module tree.Module
	// CheckTimes are the times and places. interval is another name for inter.
	CheckTimes

	// Pos is where the check stands.
	Pos tree.Pos

	bare bool // true or false: the module is that of the section around
}

// DecodeNode reads any of the forms.
func (c *Check) DecodeNode(n *tree.Node) error {
	*c = Check{Enabled: true, Pos: n.Pos, Module: tree.Module{Type: "tcp", Pos: n.Pos, Path: n.Path}}
	if n.Kind == tree.Bool {
		c.Enabled, c.bare = n.Bool(), true
		return nil
	}
	form := checkForm{Module: c.Module}
	err := n.Decode(&form)
	c.Module, c.CheckTimes = form.Module, form.CheckTimes
	pick(&c.Inter, form.Interval)
	return err
}

// checkForm is the table of a check.
type checkForm struct {
	Module   tree.Module    `toml:",inline" module:"type" default:"tcp"`
	Interval *time.Duration `toml:"interval" min:"1ms"`
	CheckTimes
}
