// Package syslog is the logger that sends lines to a syslog server: over UDP
// (RFC 5426), TCP (RFC 6587) or a unix socket.
//
//	[[global.log]]
//	to = "syslog"
//	address = "127.0.0.1:514"     # UDP; "tcp@host:601"; "/dev/log"
//	header = "rfc5424"
//
// A server that is away is tried again, at growing intervals; lines wait
// meanwhile, and drop when too many do. What was sent and not read when a TCP
// connection broke is lost unseen, as syslog acknowledges nothing.
package syslog

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
)

func init() {
	module.Register(logs.Kind, "syslog", module.Spec[Config, logs.Logger]{
		Doc:      "Sends lines to a syslog server",
		Defaults: func() Config { return Config{Len: 1024, SinkConfig: logs.SinkConfig{Header: logs.Local}} },
		New:      New,
	})
}

// Config is the configuration of the logger.
type Config struct {
	// Address is the server's: an IP address or a name for UDP, with "tcp@" for
	// TCP, or the path of a unix socket, of datagrams unless "uxst@" stands
	// before it. The port is 514 unless written. Required.
	Address string `toml:"address,required"`
	// Len is the most bytes of a message; longer ones are cut, since servers
	// differ in what they take. 80 to 65535. Default: 1024.
	Len int `toml:"len" min:"80" max:"65535"`
	// Framing tells messages apart on streams: "octet-count" puts the length
	// before each (RFC 6587 section 3.4.1), "newline" a line end behind each
	// (section 3.4.2). Default: "octet-count" for TCP, "newline" for unix sockets.
	Framing string `toml:"framing" enum:"octet-count|newline"`
	logs.SinkConfig
}

const (
	minLen = 80
	maxLen = 65535
	maxUDP = 65507 // of IPv4: 65535 less the headers of IP and UDP
)

// Logger sends lines to a syslog server.
type Logger struct {
	*logs.Writer
	conn conn
}

// New makes the logger.
func New(ctx *module.Context, c Config) (logs.Logger, error) {
	to, err := parseAddress(c.Address)
	if err != nil {
		return nil, err
	}
	switch c.Framing {
	case "":
		to.octets = !to.datagrams && to.network != "unix"
	case "octet-count":
		to.octets = true
	case "newline":
	default:
		return nil, module.Wrong("framing", `unknown framing %q: write "octet-count" or "newline"`, c.Framing)
	}
	if c.Framing != "" && to.datagrams {
		return nil, module.Wrong("framing", `framing is for streams, and %s takes datagrams: leave it out, or write "tcp@" or "uxst@" before the address`, c.Address)
	}
	if c.Len < minLen || c.Len > maxLen {
		return nil, module.Wrong("len", "len %d is outside %d to %d", c.Len, minLen, maxLen)
	}
	most := c.Len
	if to.datagrams && to.network != "unixgram" {
		most = min(most, maxUDP)
	}
	h, err := logs.NewHeader(c.SinkConfig, most)
	if err != nil {
		return nil, err
	}
	dial := ctx.Dial
	if to.multipath {
		var d net.Dialer
		d.SetMultipathTCP(true)
		dial = d.DialContext
	}
	l := &Logger{conn: conn{to: to, header: h, dial: dial}}
	o := logs.Options{Name: "logger.syslog", QueueBytes: int(c.Queue)}
	if !to.datagrams {
		o.Interval = 5 * time.Millisecond
	}
	l.Writer = logs.NewWriter(ctx, &l.conn, o)
	return l, nil
}

// Stop sends the lines that wait and closes the connection.
func (l *Logger) Stop(ctx context.Context) error {
	return errors.Join(l.Writer.Stop(ctx), l.conn.close())
}
