package config

import (
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Global is the [global] section: what concerns the process (section 3).
type Global struct {
	// Maxconn is how many client connections the process takes at once.
	// Default 0: as many as the limit on file descriptors allows.
	Maxconn int `toml:"maxconn" min:"0"`
	// Maxconnrate is how many connections a second the process takes. Default 0: no limit.
	Maxconnrate int `toml:"maxconnrate" min:"0"`
	// Nbthread is how many processors are used at once. Default 0: all there are.
	Nbthread int `toml:"nbthread" min:"0" max:"4096"`
	// UlimitN is the limit on file descriptors that the process asks for.
	// Default 0: what maxconn needs.
	UlimitN int `toml:"ulimit-n" min:"0"`

	// User and Group are what the process becomes once its sockets are bound.
	// Default: none, it stays what it is.
	User  string `toml:"user"`
	Group string `toml:"group"`
	// UID and GID are the same by number. Default: none.
	UID *int `toml:"uid" min:"0"`
	GID *int `toml:"gid" min:"0"`
	// Chroot is the directory that the process locks itself into after start. Default: none.
	Chroot string `toml:"chroot"`
	// Pidfile is the file that the process writes its number to. Default: none.
	Pidfile string `toml:"pidfile"`

	// HardStopAfter is how long streams may take to end when the process stops
	// or reloads; then they are cut. Default 0: as long as they like.
	HardStopAfter time.Duration `toml:"hard-stop-after"`
	// Grace is how long listeners still accept after the signal to stop. Default 0.
	Grace time.Duration `toml:"grace"`

	// Log are the logs of the process, which proxies use by log = "global".
	// Default: none.
	Log []Log `toml:"log"`
	// LogTag is the program's name in syslog headers. Default "fairlead".
	LogTag string `toml:"log-tag"`
	// LogSendHostname is the host name in syslog headers. Default: the system's.
	LogSendHostname string `toml:"log-send-hostname"`

	// StatsSocket is where the runtime API listens: an address or path, or
	// tables of these and more. Default: none.
	StatsSocket tree.OneOrMany[StatsSocket] `toml:"stats-socket"`
	// StatsTimeout ends connections to the runtime API that do nothing. Default 10s.
	StatsTimeout time.Duration `toml:"stats-timeout"`
	// StatsMaxconn is how many connections the runtime API takes at once. Default 10.
	StatsMaxconn int `toml:"stats-maxconn" min:"1"`

	// MptcpFallback lets mptcp@ addresses use plain TCP where the kernel has no
	// MPTCP. Default false: the start fails.
	MptcpFallback bool `toml:"mptcp-fallback"`
	// Nosplice turns splice(2) off, so that bytes pass through buffers. Default false.
	Nosplice bool `toml:"nosplice"`

	// Node names this machine for the runtime API. Default: the host name.
	Node string `toml:"node"`
	// Description is a text about this process for the runtime API. Default: none.
	Description string `toml:"description"`

	// SpreadChecks spreads health checks by up to this part of their interval,
	// in percent. Default 0.
	SpreadChecks int `toml:"spread-checks" min:"0" max:"50"`
	// MaxSpreadChecks is the longest time over which the first checks are
	// spread. Default 0: their shortest interval.
	MaxSpreadChecks time.Duration `toml:"max-spread-checks"`

	// Tune are buffer sizes and limits; keys with dots may also be written as
	// tables within tables.
	Tune Tune `toml:"tune"`

	// Pos is where the section stands.
	Pos tree.Pos `toml:"-"`
}

// SetDefaults sets what HAProxy's manual says.
func (g *Global) SetDefaults() {
	g.StatsTimeout = 10 * time.Second
	g.StatsMaxconn = 10
	g.Tune.SetDefaults()
}

// Tune are the tune.* settings (section 3.2).
type Tune struct {
	// Bufsize is the size of a buffer, in bytes; a request's head with the space
	// for rewriting must fit in one. Default "16k".
	Bufsize tree.Size `toml:"bufsize" min:"1k" max:"256m"`
	// Maxrewrite is the space in a buffer that is kept for added headers, in
	// bytes, at most half of bufsize. Default "1k".
	Maxrewrite tree.Size `toml:"maxrewrite" min:"0"`
	// Maxaccept is how many connections a listener accepts in a row. Default
	// 0: what fits the number of processors.
	Maxaccept int `toml:"maxaccept" min:"-1"`
	// Maxhdr is how many header fields a message may have. Default 101.
	Maxhdr int `toml:"http.maxhdr" min:"1" max:"32767"`
	// Logurilen is how many bytes of a URI are logged. Default 1024.
	Logurilen int `toml:"http.logurilen" min:"1"`
	// Cookielen is how many bytes of a captured cookie are kept. Default 63.
	Cookielen int `toml:"http.cookielen" min:"1"`
	// RcvbufClient and its like are the sizes of kernel buffers, in bytes.
	// Default 0: the kernel's own choice.
	RcvbufClient tree.Size `toml:"rcvbuf.client"`
	RcvbufServer tree.Size `toml:"rcvbuf.server"`
	SndbufClient tree.Size `toml:"sndbuf.client"`
	SndbufServer tree.Size `toml:"sndbuf.server"`
	// Pipesize is the size of the pipes for splice(2), in bytes. Default 0: the kernel's.
	Pipesize tree.Size `toml:"pipesize"`
}

// SetDefaults sets what HAProxy's manual says.
func (t *Tune) SetDefaults() {
	*t = Tune{Bufsize: 16 << 10, Maxrewrite: 1 << 10, Maxhdr: 101, Logurilen: 1024, Cookielen: 63}
}

// DecodeNode takes tables within tables for keys with dots.
func (t *Tune) DecodeNode(n *tree.Node) error {
	type plain Tune // without this method
	if n.Kind == tree.Table {
		flat := *n
		flat.Children = flatten(nil, n, "")
		n = &flat
	}
	err := n.Decode((*plain)(t))
	if err == nil && t.Maxrewrite > t.Bufsize/2 {
		at := n.Get("maxrewrite")
		if at == nil {
			t.Maxrewrite = t.Bufsize / 2
			return nil
		}
		errs := &tree.Errors{}
		errs.On(at, "%d is more than half of bufsize, which is %d", t.Maxrewrite, t.Bufsize)
		return errs
	}
	return err
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
	// Mode are the permissions of a unix socket, such as "660". Default: the umask's.
	Mode FileMode `toml:"mode"`
	// User, Group, UID and GID own a unix socket. Default: the process's.
	User  string `toml:"user"`
	Group string `toml:"group"`
	UID   *int   `toml:"uid" min:"0"`
	GID   *int   `toml:"gid" min:"0"`
	// Level is what may be done there: "user" reads what is not sensitive,
	// "operator" reads all and changes little, "admin" does all. Default "operator".
	Level string `toml:"level" enum:"user|operator|admin"`
	// ExposeFD is "listeners" for a socket that hands the listeners on to
	// another process. Default: none.
	ExposeFD string `toml:"expose-fd" enum:"listeners"`
	// Maxconn is how many connections are taken at once. Default 0: stats-maxconn.
	Maxconn int `toml:"maxconn" min:"0"`

	// Pos is where the address or table stands.
	Pos tree.Pos `toml:"-"`
}

// SetDefaults sets the level.
func (s *StatsSocket) SetDefaults() { s.Level = "operator" }
