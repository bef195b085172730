package config

import (
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// BackendSettings are the settings of backends that defaults may have.
type BackendSettings struct {
	// Balance is the balancer module. Default "roundrobin".
	Balance tree.Module `toml:"balance" module:"type"`
	// HashType is how balancers by hash find servers. Default "map-based".
	HashType HashType `toml:"hash-type"`
	// HashBalanceFactor bounds a server's load with consistent hashes, in
	// percent of the mean, from 101. Default 0: no bound.
	HashBalanceFactor int `toml:"hash-balance-factor" min:"0" max:"65535"`

	// Check turns the servers' health checks on: true for a TCP connection, a
	// module's name, or a table. Default: none.
	Check *Check `toml:"check"`
	// DefaultServer are settings for all servers that have none of their own.
	DefaultServer *tree.Node `toml:"default-server"`

	// HTTPReuse is which requests may use a server connection that others have
	// used: "never", "safe", "aggressive" or "always". Default "safe".
	HTTPReuse string `toml:"http-reuse" enum:"never|safe|aggressive|always"`
	// Retries is how often a connection to a server, or what retry-on says, is
	// tried again. Default 3.
	Retries int `toml:"retries" min:"0"`
	// RetryOn is what is retried: names and statuses in a list or in one string.
	// Default "conn-failure".
	RetryOn RetryOn `toml:"retry-on"`

	// Cookie binds clients to servers: a table, or the cookie's name. Default: none.
	Cookie *Cookie `toml:"cookie"`
	// Forwarded adds RFC 7239's field to requests: true, or a table. Default false.
	Forwarded *Forwarded `toml:"forwarded,bool"`
	// HTTPSendNameHeader is the field that tells a server its name. Default: none.
	HTTPSendNameHeader tree.Text `toml:"http-send-name-header"`
	// Source is the address to connect from: an address or a table. Default: the kernel's choice.
	Source *Source `toml:"source"`

	// TCPResponse are the rules for the first bytes from servers.
	TCPResponse TCPResponse `toml:"tcp-response"`
}

// SetDefaults sets what HAProxy's manual says.
func (b *BackendSettings) SetDefaults() {
	b.HashType.SetDefaults()
	b.HTTPReuse = "safe"
	b.Retries = 3
	b.RetryOn = RetryOn{"conn-failure"}
	b.Balance.Type = "roundrobin"
}

// BackendOwn are the settings that only backends themselves have.
type BackendOwn struct {
	// ServerList are servers without names of their own: addresses or tables.
	// They are called s1, s2 and so on. See Backend.Servers.
	ServerList []Server `toml:"servers"`
	// ServerTables are servers by name. See Backend.Servers.
	ServerTables tree.Ordered[Server] `toml:"server"`
	// UseServer are the rules that choose a server, in order.
	UseServer []UseServer `toml:"use-server"`
}

// Backend is a [backend.NAME] section, or the half of a [listen.NAME] section
// that faces servers.
type Backend struct {
	// Name is the section's name.
	Name string `toml:"-"`
	// Listen says that a frontend of the same name is the other half of one
	// listen section; see Frontend.Listen.
	Listen bool `toml:"-"`
	// ID is the number in statistics. Default 0: chosen.
	ID int `toml:"id" min:"1"`
	// Description is a text for statistics. Default: none.
	Description string `toml:"description"`

	Proxy
	BackendSettings
	BackendOwn

	// Servers are all servers, those of the list first, with their names, IDs
	// and checks settled.
	Servers []*Server `toml:"-"`

	// Pos is where the section stands, Path its path.
	Pos  tree.Pos `toml:"-"`
	Path string   `toml:"-"`
}

// HashType is hash-type (section 4.2).
type HashType struct {
	// Method is "map-based" or "consistent". Default "map-based".
	Method string `toml:"method,short" enum:"map-based|consistent"`
	// Function is "sdbm", "djb2", "wt6", "crc32" or "none". Default "sdbm"; for
	// addresses and ports, their own bytes.
	Function string `toml:"function" enum:"sdbm|djb2|wt6|crc32|none"`
	// Modifier is "avalanche" to mix the hash once more. Default: none.
	Modifier string `toml:"modifier" enum:"avalanche"`
}

// SetDefaults sets the method.
func (h *HashType) SetDefaults() { h.Method = "map-based" }

// Cookie is the cookie that binds clients to servers (section 4.2 "cookie").
type Cookie struct {
	// Name is the cookie's.
	Name tree.Text `toml:"name,required,short"`
	// Mode is "insert" to set it, "rewrite" to change the value that the server
	// sets, "prefix" to put the server's before that. Default: it is only read.
	Mode string `toml:"mode" enum:"insert|rewrite|prefix"`
	// Indirect hides it from the server and sets it only when it changes. Default false.
	Indirect bool `toml:"indirect"`
	// Nocache marks responses that set it as private. Default false.
	Nocache bool `toml:"nocache"`
	// Postonly sets it only in responses to POST. Default false.
	Postonly bool `toml:"postonly"`
	// Preserve leaves one that the server sets. Default false.
	Preserve bool `toml:"preserve"`
	// HTTPOnly and Secure add those attributes. Default false.
	HTTPOnly bool `toml:"httponly"`
	Secure   bool `toml:"secure"`
	// Domain are its domains. Default: none.
	Domain tree.OneOrMany[tree.Text] `toml:"domain"`
	// Attr are further attributes, such as "SameSite=Lax". Default: none.
	Attr tree.OneOrMany[tree.Text] `toml:"attr"`

	// Pos is where the cookie stands.
	Pos tree.Pos `toml:"-"`
}

// Forwarded is option forwarded (RFC 7239; section 4.2).
type Forwarded struct {
	// Proto tells the protocol. Default true when nothing else is told.
	Proto bool `toml:"proto"`
	// Host tells the Host field: true, or an expression for it. Default false.
	Host ForwardedPart `toml:"host"`
	// By and ByPort tell our address and port, For and ForPort the client's:
	// true, or an expression. Default false; For true when nothing else is told.
	By      ForwardedPart `toml:"by"`
	ByPort  ForwardedPart `toml:"by-port"`
	For     ForwardedPart `toml:"for"`
	ForPort ForwardedPart `toml:"for-port"`
}

// ForwardedPart is whether a parameter is told, and the expression for its value.
type ForwardedPart struct {
	// On says that it is told.
	On bool
	// Expr is a sample expression for it; when empty, the stream's own value.
	Expr tree.Text
}

// DecodeNode reads a boolean or an expression.
func (p *ForwardedPart) DecodeNode(n *tree.Node) error {
	if n.Kind == tree.String {
		p.On = true
		return n.Decode(&p.Expr)
	}
	return n.Decode(&p.On)
}

// settle makes the table without keys what true means.
func (f *Forwarded) settle() {
	if f != nil && *f == (Forwarded{}) {
		f.Proto, f.For.On = true, true
	}
}

// Source is the address to connect from (section 4.2 "source").
type Source struct {
	// Address is an IP address, optionally with a port or port range.
	Address tree.Text `toml:"address,required,short"`
	// Interface is the network interface to connect through. Default: any.
	Interface string `toml:"interface" os:"linux"`
}
