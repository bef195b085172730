package config

import (
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// The modes: what a proxy understands of what passes through it (section 4.2 "mode").
const (
	TCP  = "tcp"
	HTTP = "http"
)

// Proxy are the settings that frontends, backends and defaults have in common
// (section 4.1).
type Proxy struct {
	// From is the named defaults section that settings are taken from. Default:
	// [defaults] itself, if there is one; of a named defaults section: none.
	From tree.Text `toml:"from"`
	// Mode is "tcp" or "http". Default "tcp".
	Mode tree.Text `toml:"mode" enum:"tcp|http"`
	// Disabled leaves the section out of service. Default false.
	Disabled bool `toml:"disabled"`

	// Timeout are the proxy's timeouts.
	Timeout Timeouts `toml:"timeout"`

	// Log is where log lines go: "global", a logger, a table or a list of
	// these; false for none. Those of the defaults are used as well. Default: none.
	Log Logs `toml:"log"`
	// LogTag is the program's name in syslog headers. Default: the global log-tag.
	LogTag string `toml:"log-tag"`

	// Option are the names that HAProxy's "option" takes, such as
	// ["dontlognull", "http-server-close"]; "no NAME" takes one of the defaults back.
	Option Options `toml:"option"`
	// Forwardfor adds the client's address to requests. true, or a table. Default false.
	Forwardfor *Forwardfor `toml:"forwardfor,bool"`
	// Originalto adds the address that the client connected to, to requests.
	// true, or a table. Default false.
	Originalto *Originalto `toml:"originalto,bool"`

	// Errorfile are files with whole responses to send for statuses, as in
	// errorfile = { 503 = "/etc/fairlead/503.http" }. Default: built in.
	Errorfile tree.Ordered[tree.Text] `toml:"errorfile"`
	// Errorfiles take those of [http-errors.NAME], all or some statuses of it.
	Errorfiles tree.OneOrMany[Errorfiles] `toml:"errorfiles"`

	// UniqueIDFormat is the log-format string of each request's ID. Default: none.
	UniqueIDFormat tree.Text `toml:"unique-id-format"`

	// ACL are conditions with names: a string, or several that are or-ed.
	ACL tree.Ordered[tree.OneOrMany[tree.Text]] `toml:"acl"`
	// HTTPRequest are the rules for requests, in order.
	HTTPRequest []Rule `toml:"http-request"`
	// HTTPResponse are the rules for servers' responses, in order.
	HTTPResponse []Rule `toml:"http-response"`
	// HTTPAfterResponse are the rules for all responses, our own included, in order.
	HTTPAfterResponse []Rule `toml:"http-after-response"`
	// TCPRequest are the rules for connections, sessions and their first bytes.
	TCPRequest TCPRequest `toml:"tcp-request"`
	// InspectDelay is the same as inspect-delay in tcp-request. Default 0.
	InspectDelay time.Duration `toml:"inspect-delay"`
}

// Timeouts end what takes too long; 0, the default, means never (section 4.2 "timeout").
type Timeouts struct {
	// Client is for the client to take or send data. Frontends.
	Client time.Duration `toml:"client"`
	// ClientFin is that for a client once the server has ended its half. Default: client.
	// Frontends.
	ClientFin time.Duration `toml:"client-fin"`
	// HTTPRequest is for the whole head of a request. Default: client. Frontends.
	HTTPRequest time.Duration `toml:"http-request"`
	// HTTPKeepAlive is for the next request to begin. Default: http-request. Frontends.
	HTTPKeepAlive time.Duration `toml:"http-keep-alive"`
	// Tarpit is how long a tarpitted request is held. Default: connect.
	Tarpit time.Duration `toml:"tarpit"`
	// Connect is for a connection to a server. Backends.
	Connect time.Duration `toml:"connect"`
	// Server is for the server to take or send data. Backends.
	Server time.Duration `toml:"server"`
	// ServerFin is that for a server once the client has ended its half. Default: server.
	// Backends.
	ServerFin time.Duration `toml:"server-fin"`
	// Queue is for a free slot of a server. Default: connect. Backends.
	Queue time.Duration `toml:"queue"`
	// Tunnel is for both sides once nothing but bytes pass. Default: client and server. Backends.
	Tunnel time.Duration `toml:"tunnel"`
	// Check is for a health check's answer once it is connected. Default: inter. Backends.
	Check time.Duration `toml:"check"`
}

// Forwardfor is option forwardfor (section 4.2).
type Forwardfor struct {
	// Except are clients' networks whose requests stay as they are. Default: none.
	Except tree.OneOrMany[Network] `toml:"except"`
	// Header is the field to add. Default "X-Forwarded-For".
	Header tree.Text `toml:"header"`
	// IfNone adds it only to requests that have none. Default false.
	IfNone bool `toml:"if-none"`
}

// SetDefaults sets the header's name.
func (f *Forwardfor) SetDefaults() { f.Header.Value = "X-Forwarded-For" }

// Originalto is option originalto (section 4.2).
type Originalto struct {
	// Except are networks of destinations that are not told. Default: none.
	Except tree.OneOrMany[Network] `toml:"except"`
	// Header is the field to add. Default "X-Original-To".
	Header tree.Text `toml:"header"`
}

// SetDefaults sets the header's name.
func (o *Originalto) SetDefaults() { o.Header.Value = "X-Original-To" }

// Errorfiles is the use of an http-errors section.
type Errorfiles struct {
	// Name is the section's.
	Name tree.Text `toml:"name,required,short"`
	// Status are the statuses to take from there. Default: all.
	Status []int `toml:"status"`
}

// HTTPErrors is an [http-errors.NAME] section (section 12.4).
type HTTPErrors struct {
	// Name is the section's name.
	Name string `toml:"-"`
	// Errorfile are files with whole responses by status.
	Errorfile tree.Ordered[tree.Text] `toml:"errorfile"`
	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}
