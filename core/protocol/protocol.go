// Package protocol is the contract of listener and dialer protocols: tcp,
// mptcp, unix, fd and, from plugins, others. The protocol is named by the
// address, as in "mptcp@10.0.0.1:80".
package protocol

import (
	"context"
	"net/netip"
	"time"

	"github.com/fairleadproxy/fairlead/core/address"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/relay"
	"github.com/fairleadproxy/fairlead/core/session"
)

// Kind is the kind of protocol modules.
var Kind = module.NewKind[Protocol]("protocol")

// Protocol opens listeners and dials servers.
type Protocol interface {
	// Listen opens listeners for every port of addr. They accept from the
	// first Accept on; until then the kernel queues.
	Listen(addr address.Address, opts *ListenOptions) ([]Listener, error)
	// Dial connects to one address within the timeout, and for as long as the
	// options' context lasts. Errors keep their syscall.Errno.
	Dial(to Target, opts *DialOptions) (*relay.Conn, error)
}

// Listener accepts connections of one socket.
type Listener interface {
	// Accept waits for the next connection and fills in its addresses. After
	// Close it returns net.ErrClosed.
	Accept(info *Accepted) (*relay.Conn, error)
	// Addr is the address as users write it, such as "tcp@0.0.0.0:80" with the
	// port that was really bound.
	Addr() string
	// Key tells sockets apart that differ in more than can be changed later; the
	// next configuration finds its socket by it, see ListenOptions.Inherit.
	Key() string
	// FD is the listening descriptor for handing over, -1 for none.
	FD() int
	// Close stops accepting and gives the socket back.
	Close() error
}

// SessionListener is a Listener whose connections carry HTTP exchanges by
// themselves, such as QUIC's: AcceptSession is called in place of Accept. It
// needs ListenOptions.TLS.
type SessionListener interface {
	Listener
	// AcceptSession waits for the next connection whose handshake is done and
	// fills in its addresses. After Close it returns net.ErrClosed; connections
	// that it gave out go on.
	AcceptSession(info *Accepted) (httpmsg.ServerSession, error)
}

// SessionDialer is a Protocol that connects to servers for HTTP exchanges by
// itself; it needs DialOptions.TLS.
type SessionDialer interface {
	Protocol
	// DialSession connects to one address as Dial does.
	DialSession(to Target, opts *DialOptions) (httpmsg.ClientSession, error)
}

// SecuredSession is a session of a SessionDialer that tells of its TLS.
type SecuredSession interface {
	// TLS gives what is known of it, which is not to be changed.
	TLS() *session.TLS
}

// DatagramProtocol is a Protocol whose connections are sessions of datagrams, as
// over UDP: see relay.Conn.MarkDatagrams. A session is over when nobody has sent
// anything for the time of a timeout. There is no TLS over it, no PROXY protocol
// and no HTTP.
type DatagramProtocol interface {
	Protocol
	// Datagrams does nothing: it tells such protocols from others.
	Datagrams()
}

// Accepted is what the socket tells of a new connection.
type Accepted struct {
	Src, Dst netip.AddrPort // zero for UNIX sockets
	TLS      *session.TLS   // of sessions
}

// TLS are the settings of TLS, made by the module layer.tls. Protocols that do TLS
// by themselves have secure.Config tell what is in them.
type TLS interface {
	// Protocols are the application protocols to agree on, the best first.
	Protocols() []string
}

// Target is where to dial.
type Target struct {
	Addr netip.AddrPort // for IP protocols
	Path string         // for unix; abstract names start with "@"
}

// ListenOptions are the options of a bind line; zero values mean the system's default.
type ListenOptions struct {
	Backlog     int
	Interface   string
	Transparent bool
	V4V6        bool // also IPv4 on an IPv6 wildcard
	V6Only      bool
	TCPUT       time.Duration // TCP_USER_TIMEOUT
	DeferAccept bool
	TFO         bool
	MSS         int
	KeepAlive   bool
	NoReusePort bool

	// For UNIX sockets.
	Mode  string // octal, such as "660"
	User  string // name or number
	Group string

	// TLS are the settings for protocols that do TLS by themselves, nil for none.
	TLS TLS
	// Sessions are the options of session listeners; nil: their defaults.
	Sessions *SessionOptions

	// MPTCPFallback lets mptcp listeners and dials use plain TCP where the
	// kernel has no MPTCP.
	MPTCPFallback bool

	// Warn is told of what was asked for and is not to be had; it may be nil.
	Warn func(text string)

	// Inherit finds a listening descriptor opened earlier for the same address
	// (by the previous configuration, process or systemd), -1 for none. The
	// protocol owns the descriptor it gets. A socket is handed over and never
	// opened beside the old one: closing one of two that share a port would reset
	// the connections in its queue.
	Inherit func(key string) int
}

// inherited gives the descriptor under a key, -1 for none.
func (o *ListenOptions) inherited(key string) int {
	if o.Inherit == nil {
		return -1
	}
	return o.Inherit(key)
}

// DialOptions are the options of a server's connections.
type DialOptions struct {
	// Context ends a dial that nobody wants any more: it must not be used once the
	// dial is over. nil: nothing does.
	Context       context.Context
	Timeout       time.Duration  // 0: the system's
	Source        netip.AddrPort // zero: any
	Interface     string
	TCPUT         time.Duration
	TFO           bool
	KeepAlive     bool
	MPTCPFallback bool
	TLS           TLS    // for protocols that do TLS by themselves
	ServerName    string // in their handshake, "" for the configured one
	Name          string // of the backend and the server, parted by "/"
	Sessions      SessionTuning
	Breaches      *httpmsg.Breaches // of the server, for protocols that give sessions; nil: nobody counts
}

// DialContext gives the context, which is never nil.
func (o *DialOptions) DialContext() context.Context {
	if o.Context == nil {
		return context.Background()
	}
	return o.Context
}
