package config

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// FrontendSettings are the settings of frontends that defaults may have.
type FrontendSettings struct {
	// Maxconn is how many connections the frontend takes at once. Default 0:
	// the global limit alone.
	Maxconn int `toml:"maxconn" min:"0"`
	// Backlog is how many connections the kernel keeps waiting to be accepted.
	// Default 0: maxconn.
	Backlog int `toml:"backlog" min:"0" os:"linux"`

	// DefaultBackend is the backend of what no use-backend rule chose one for.
	// Default: none, which is answered with 503; of a listen section: itself.
	DefaultBackend tree.Text `toml:"default-backend"`

	// QUICInitial are the rules for packets that begin a connection at a quic@
	// address, before anything is kept of it, in order. Conditions see addresses.
	QUICInitial []Rule `toml:"quic-initial"`

	// LogFormat is a log-format string (section 8.2.6). Default: that of option
	// tcplog, httplog or httpslog, else the default format.
	LogFormat tree.Text `toml:"log-format"`
	// ErrorLogFormat is the log-format string of streams that failed. Default: log-format.
	ErrorLogFormat tree.Text `toml:"error-log-format"`
	// UniqueIDHeader is the field that carries a request's ID to the server. Default: none.
	UniqueIDHeader tree.Text `toml:"unique-id-header"`
	// MonitorURI is a path that is answered here, without a log line. Default: none.
	MonitorURI tree.Text `toml:"monitor-uri"`
}

// FrontendOwn are the settings that only frontends themselves have.
type FrontendOwn struct {
	// Bind is where the frontend listens: an address, a table, or a list of these.
	Bind tree.OneOrMany[Bind] `toml:"bind"`
	// UseBackend are the rules that choose the backend, in order.
	UseBackend []UseBackend `toml:"use-backend"`
	// HTTPSRedirect sends clients that came without TLS to the bind with tls, by a
	// permanent redirect (308), but for what certificate authorities ask. Default:
	// those of port 80, when a bind has acme.
	HTTPSRedirect *bool `toml:"https-redirect"`
	// AltSvc tells clients that came by TLS where HTTP/3 is to be had, in a field
	// Alt-Svc: true for the frontend's quic@ binds, or the field's value. Default false.
	AltSvc AltSvc `toml:"alt-svc"`
	// MonitorFail are conditions under which monitor-uri answers 503.
	MonitorFail tree.OneOrMany[MonitorFail] `toml:"monitor-fail"`
}

// Frontend is a [frontend.NAME] section, or the half of a [listen.NAME] section
// that faces clients.
type Frontend struct {
	// Name is the section's name.
	Name string `toml:"-"`
	// Listen says that a backend of the same name is the other half of one
	// listen section. A stream that passes through both halves runs their
	// common rules once.
	Listen bool `toml:"-"`
	// ID is the number in statistics. Default 0: chosen.
	ID int `toml:"id" min:"1"`
	// Description is a text for statistics. Default: none.
	Description string `toml:"description"`

	Proxy
	FrontendSettings
	FrontendOwn

	// Pos is where the section stands, Path its path.
	Pos  tree.Pos `toml:"-"`
	Path string   `toml:"-"`
}

// Bind is a place to listen at (section 5.1).
type Bind struct {
	// Address is one address or a list with commas, such as ":80" or
	// "mptcp@10.0.0.1:8000-8010,[::1]:80".
	Address tree.Text `toml:"address,required,short"`
	// Name is for logs and statistics. Default: none.
	Name string `toml:"name"`
	// ID is the number in statistics. Default 0: chosen.
	ID int `toml:"id" min:"1"`

	// Maxconn is how many connections each of its sockets takes at once.
	// Default 0: the frontend's limit alone.
	Maxconn int `toml:"maxconn" min:"0"`
	// Backlog is how many connections wait in the kernel. Default 0: the frontend's.
	Backlog int `toml:"backlog" min:"0" os:"linux"`

	// AcceptProxy says that clients begin with a PROXY protocol header: true, or
	// a table that tells which. Default false.
	AcceptProxy *AcceptProxy `toml:"accept-proxy,bool"`
	// TLS has clients speak TLS: a table, or the file of a certificate. Default: plain.
	TLS *BindTLS `toml:"tls"`

	// Proto is the version of HTTP that clients speak: "h1", or "h2" without being
	// asked. Default: what they agree on by TLS's ALPN or begin with.
	Proto string `toml:"proto" enum:"h1|h2"`

	// QUICForceRetry has every client of a quic@ address prove that it is where it
	// says, which takes another round trip. Default false.
	QUICForceRetry bool `toml:"quic-force-retry"`
	// QUICCCAlgo is how congestion is controlled at quic@ addresses: "newreno". Others of
	// HAProxy's are taken with a warning. Default "newreno".
	QUICCCAlgo tree.Text `toml:"quic-cc-algo"`
	// QUICSocket is "listener": all connections of a quic@ address share its socket.
	// "connection" is taken with a warning. Default "listener".
	QUICSocket tree.Text `toml:"quic-socket" enum:"listener|connection"`

	// Interface is the network interface to listen on. Default: any.
	Interface string `toml:"interface" os:"linux"`
	// MSS is the largest TCP segment to announce, in bytes. Default 0: the kernel's.
	MSS int `toml:"mss" min:"0" max:"65535" os:"unix"`
	// TCPUT is how long sent data may stay unacknowledged (TCP user timeout).
	// Default 0: the kernel's.
	TCPUT time.Duration `toml:"tcp-ut" os:"linux"`
	// DeferAccept accepts only once data has come. Default false.
	DeferAccept bool `toml:"defer-accept" os:"linux"`
	// TFO takes data in the first packet (TCP fast open). Default false.
	TFO bool `toml:"tfo" os:"linux"`
	// Transparent listens on addresses that are not this machine's. Default false.
	Transparent bool `toml:"transparent" os:"linux"`
	// V4V6 makes a wildcard IPv6 address take IPv4 as well, V6Only keeps it from
	// that. Default: the kernel's choice.
	V4V6   bool `toml:"v4v6"`
	V6Only bool `toml:"v6only"`

	// Mode are the permissions of a unix socket, such as "660". Default: the umask's.
	Mode FileMode `toml:"mode" os:"unix"`
	// User, Group, UID and GID own a unix socket. Default: the process's.
	User  string `toml:"user" os:"unix"`
	Group string `toml:"group" os:"unix"`
	UID   *int   `toml:"uid" min:"0" os:"unix"`
	GID   *int   `toml:"gid" min:"0" os:"unix"`

	// Pos is where the bind stands.
	Pos tree.Pos `toml:"-"`
}

// AcceptProxy says whose PROXY protocol headers are taken.
type AcceptProxy struct {
	// From are the networks of clients that send one; others are taken without.
	// Default: all clients send one.
	From tree.OneOrMany[Network] `toml:"from"`
}

// FirstPort gives the first port of the bind, 0 for none.
func (b *Bind) FirstPort() int {
	addrs, err := address.ParseBind(b.Address.Value)
	if err != nil {
		return 0 // it is reported where the bind is built
	}
	return int(addrs[0].PortLow)
}
