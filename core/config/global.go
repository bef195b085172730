package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Global is the [global] section: what concerns the process (section 3).
type Global struct {
	// Maxconn is how many client connections the process takes at once.
	// Default 0: as many as the limit on file descriptors allows.
	Maxconn int `toml:"maxconn" min:"0"`
	// Nbthread is how many processors are used at once. Default 0: all there are.
	Nbthread int `toml:"nbthread" min:"0" max:"4096"`
	// UlimitN is the limit on file descriptors that the process asks for.
	// Default 0: what maxconn needs.
	UlimitN int `toml:"ulimit-n" min:"0" os:"unix"`

	// User and Group are what the process becomes once its sockets are bound.
	// Default: none, it stays what it is.
	User  string `toml:"user" os:"unix"`
	Group string `toml:"group" os:"unix"`
	// UID and GID are the same by number. Default: none.
	UID *int `toml:"uid" min:"0" os:"unix"`
	GID *int `toml:"gid" min:"0" os:"unix"`
	// Pidfile is the file that the process writes its number to. Default: none.
	Pidfile string `toml:"pidfile"`

	// HardStopAfter is how long streams may take to end when the process stops
	// or reloads; then they are cut. Default 0: as long as they like.
	HardStopAfter time.Duration `toml:"hard-stop-after"`

	// Log are the logs of the process, which proxies use by log = "global".
	// Default: none.
	Log []Log `toml:"log"`
	// LogTag is the program's name in syslog headers. Default "fairlead".
	LogTag string `toml:"log-tag"`
	// LogSendHostname is the host name in syslog headers. Default: the system's.
	LogSendHostname string `toml:"log-send-hostname"`

	// StatsSocket is where the process takes commands such as reload: a path, or
	// tables of these and more. Default: a socket in the user's runtime directory.
	StatsSocket tree.OneOrMany[StatsSocket] `toml:"stats-socket"`

	// MptcpFallback lets mptcp@ addresses use plain TCP where the kernel has no
	// MPTCP. Default false: the start fails.
	MptcpFallback bool `toml:"mptcp-fallback" os:"linux"`
	// Mptcp is what the kernel's path manager is to have. Default: what it has.
	Mptcp *Mptcp `toml:"mptcp" os:"linux"`

	// SpreadChecks spreads health checks by up to this part of their interval,
	// in percent. Default 0.
	SpreadChecks int `toml:"spread-checks" min:"0" max:"50"`

	// Harden is what clients are refused for.
	Harden Harden `toml:"harden"`

	// Tune are buffer sizes and limits; keys with dots may also be written as
	// tables within tables.
	Tune Tune `toml:"tune"`

	GlobalTLS

	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}

// SetDefaults sets what HAProxy's manual says.
func (g *Global) SetDefaults() {
	g.Harden = Harden{RejectPrivilegedPorts{QUIC: "on", TCP: "off"}}
	g.Tune.SetDefaults()
	g.OCSPUpdate.SetDefaults()
}

// Harden are the harden.* settings (section 3.1).
type Harden struct {
	// RejectPrivilegedPorts refuses clients at ports below 1024.
	RejectPrivilegedPorts RejectPrivilegedPorts `toml:"reject-privileged-ports"`
}

// RejectPrivilegedPorts says by which protocols clients at such ports are refused:
// no program of a user has one, and packets that seem to come from those of DNS or
// NTP make us a part of an attack.
type RejectPrivilegedPorts struct {
	// QUIC is "off" to take such clients by QUIC. Default "on".
	QUIC string `toml:"quic" enum:"on|off"`
	// TCP is "on" to refuse such clients by TCP. Default "off".
	TCP string `toml:"tcp" enum:"on|off"`
}

// NameOr gives the name of a user or group, or else its number as text; "" for
// neither.
func NameOr(name string, number *int) string {
	if name == "" && number != nil {
		return strconv.Itoa(*number)
	}
	return name
}

// Tune are the tune.* settings (section 3.2).
type Tune struct {
	// Bufsize is the size of a buffer, in bytes; a request's head with the space
	// for rewriting must fit in one. Default "16k".
	Bufsize tree.Size `toml:"bufsize" min:"1k" max:"256m"`
	// Maxhdr is how many header fields a message may have. Default 101.
	Maxhdr int `toml:"http.maxhdr" min:"1" max:"32767"`

	TuneH2
	TuneQUIC

	// SSLCachesize is how many sessions are kept for clients of binds with
	// tls-tickets = false. Default 20000; with 0 they resume none.
	SSLCachesize int `toml:"ssl.cachesize" min:"0" max:"10000000"`
	// SSLLifetime is for how long. Default "5m".
	SSLLifetime tree.Duration `toml:"ssl.lifetime" min:"1s"`
	// SSLCtxCacheSize is how many certificates of generate-certificates a bind keeps.
	// Default 1000.
	SSLCtxCacheSize int `toml:"ssl.ssl-ctx-cache-size" min:"1" max:"10000000"`
	// SSLKeylog has the secrets of all TLS connections told: "on" to the fetches that
	// HAProxy has for them, such as ssl_fc_client_traffic_secret_0, or the name of a
	// file that they are written to as well, for programs such as Wireshark. Whoever
	// reads it reads everything. Default "off".
	SSLKeylog string `toml:"ssl.keylog"`

	// Warnings are about settings that have no effect or another name.
	Warnings []*tree.Error `toml:"-"`
}

// SetDefaults sets what HAProxy's manual says.
func (t *Tune) SetDefaults() {
	*t = Tune{Bufsize: 16 << 10, Maxhdr: 101, SSLCachesize: 20000, SSLCtxCacheSize: 1000, SSLLifetime: tree.Duration(5 * time.Minute)}
	t.TuneH2.SetDefaults()
	t.TuneQUIC.SetDefaults()
}

// DecodeNode takes tables within tables for keys with dots.
func (t *Tune) DecodeNode(n *tree.Node) error {
	if n.Kind == tree.Table {
		flat := *n
		flat.Children = flatten(nil, n, "")
		t.Warnings = foreign(&flat)
		n = &flat
	}
	return n.Decode((*plainTune)(t))
}

func flatten(out []*tree.Node, n *tree.Node, prefix string) []*tree.Node {
	for _, c := range n.Children {
		key := strings.TrimPrefix(prefix+"."+c.Key, ".")
		if c.Kind == tree.Table {
			out = flatten(out, c, key)
			continue
		}
		renamed := *c
		renamed.Key = key
		out = append(out, &renamed)
	}
	return out
}

// StatsSocket is where the runtime API listens.
type StatsSocket struct {
	// Address is a path, or an address as of a bind.
	Address tree.Text `toml:"address,required,short"`
	// Mode are the permissions of a unix socket, such as "660". Default "600".
	Mode FileMode `toml:"mode" os:"unix"`
	// User, Group, UID and GID own a unix socket. Default: the process's.
	User  string `toml:"user" os:"unix"`
	Group string `toml:"group" os:"unix"`
	UID   *int   `toml:"uid" min:"0" os:"unix"`
	GID   *int   `toml:"gid" min:"0" os:"unix"`
	// Level is what those who connect may do: "user" looks at what is not sensitive,
	// "operator" at all but secrets, and may reload, "admin" may do everything. Default
	// "admin".
	Level string `toml:"level" enum:"user|operator|admin"`

	// Pos is where the address or table stands.
	Pos tree.Pos `toml:"-"`
}
