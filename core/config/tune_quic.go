package config

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// TuneQUIC are the tune.quic.* settings (section 3.2). Those with "fe" are for
// clients, those with "be" for servers.
type TuneQUIC struct {
	// QUICListen is "off" to leave quic@ binds closed. Default "on".
	QUICListen string `toml:"quic.listen" enum:"on|off"`
	// QUICFeMaxIdleTimeout ends a connection that nothing was received of for so long.
	// What the client allows counts where that is less. Default 30s.
	QUICFeMaxIdleTimeout time.Duration `toml:"quic.fe.max-idle-timeout" min:"1ms"`
	// QUICBeMaxIdleTimeout is that for servers. Default 30s.
	QUICBeMaxIdleTimeout time.Duration `toml:"quic.be.max-idle-timeout" min:"1ms"`
	// QUICFeMaxConcurrent is how many requests a client may have in progress on a
	// connection. Default 100.
	QUICFeMaxConcurrent int `toml:"quic.fe.stream.max-concurrent" min:"1"`
	// QUICBeMaxConcurrent is how many there are on a connection to a server, which may
	// allow less. Default 100.
	QUICBeMaxConcurrent int `toml:"quic.be.stream.max-concurrent" min:"1"`
	// QUICFeMaxTotal is how many requests a connection carries before clients are told
	// to open another. Default 0: no limit.
	QUICFeMaxTotal int `toml:"quic.fe.stream.max-total" min:"0"`
	// QUICFeRxbuf is how much a client may send on a connection before it has to wait
	// for the server to take it, in bytes. Default 0: 512k that grow to 15m as needed.
	QUICFeRxbuf tree.Size `toml:"quic.fe.stream.rxbuf" min:"0" max:"4g"`
	// QUICBeRxbuf is that for what servers send. Default 0: 512k that grow to 15m as needed.
	QUICBeRxbuf tree.Size `toml:"quic.be.stream.rxbuf" min:"0" max:"4g"`
	// QUICFeDataRatio is the part of quic.fe.stream.rxbuf that one stream may use, in
	// percent. Without that a stream begins with 512k, which grow to 6m. Default 90.
	QUICFeDataRatio int `toml:"quic.fe.stream.data-ratio" min:"1" max:"100"`
	// QUICBeDataRatio is that for quic.be.stream.rxbuf. Default 90.
	QUICBeDataRatio int `toml:"quic.be.stream.data-ratio" min:"1" max:"100"`
	// QUICFeRetryThreshold is how many handshakes of a bind may be in progress before
	// clients have to prove their addresses (Retry). Default 100.
	QUICFeRetryThreshold int `toml:"quic.fe.sec.retry-threshold" min:"1"`
	// QUICFeGlitchesThreshold is how many oddities of a client end its connection.
	// Default 0: a number that no sane client reaches.
	QUICFeGlitchesThreshold int `toml:"quic.fe.sec.glitches-threshold" min:"0"`
	// QUICBeGlitchesThreshold is how many of a server do. Default 0: as for clients.
	QUICBeGlitchesThreshold int `toml:"quic.be.sec.glitches-threshold" min:"0"`
	// QUICFeGSO is "off" to send packets one by one, not several in a system call. Off
	// on one side it is off on both. Default "on".
	QUICFeGSO string `toml:"quic.fe.tx.udp-gso" enum:"on|off"`
	// QUICBeGSO is the same. Default "on".
	QUICBeGSO string `toml:"quic.be.tx.udp-gso" enum:"on|off"`
	// QUICCountDropped counts also packets that are dropped within connections:
	// forged, malformed or duplicate ones. It costs some processor time for every
	// packet. Default false.
	QUICCountDropped bool `toml:"quic.count-dropped"`
	// QUICQLog is a directory that a record of each connection is written to, with
	// clients and servers, for programs such as qvis: ID_server.sqlog and
	// ID_client.sqlog. It is for a search of defects: it costs much, and files are
	// not removed. Default: none.
	QUICQLog tree.Text `toml:"quic.qlog-dir"`
}

// SetDefaults sets what HAProxy's manual says.
func (t *TuneQUIC) SetDefaults() {
	*t = TuneQUIC{
		QUICListen: "on", QUICFeMaxIdleTimeout: 30 * time.Second, QUICBeMaxIdleTimeout: 30 * time.Second,
		QUICFeMaxConcurrent: 100, QUICBeMaxConcurrent: 100, QUICFeDataRatio: 90, QUICBeDataRatio: 90,
		QUICFeRetryThreshold: 100, QUICFeGSO: "on", QUICBeGSO: "on",
	}
}

// renamed are the names that such settings had before HAProxy 3.3.
var renamed = map[string]string{
	"quic.frontend.max-idle-timeout":   "quic.fe.max-idle-timeout",
	"quic.backend.max-idle-timeout":    "quic.be.max-idle-timeout",
	"quic.frontend.max-streams-bidi":   "quic.fe.stream.max-concurrent",
	"quic.frontend.max-data-size":      "quic.fe.stream.rxbuf",
	"quic.frontend.stream-data-ratio":  "quic.fe.stream.data-ratio",
	"quic.frontend.glitches-threshold": "quic.fe.sec.glitches-threshold",
	"quic.backend.glitches-threshold":  "quic.be.sec.glitches-threshold",
	"quic.retry-threshold":             "quic.fe.sec.retry-threshold",
}

// meaningless are settings of HAProxy's that have no counterpart in quic-go, and why.
var meaningless = map[string]string{
	"quic.cc.cubic.min-losses":              reno,
	"quic.cc-hystart":                       reno,
	"quic.max-frame-loss":                   losses,
	"quic.reorder-ratio":                    losses,
	"quic.mem.tx-max":                       windowed,
	"quic.frontend.max-tx-mem":              windowed,
	"quic.frontend.default-max-window-size": windowed,
	"quic.frontend.conn-tx-buffers.limit":   windowed,
	"quic.disable-tx-pacing":                paced,
	"quic.disable-udp-gso":                  "write tune.quic.fe.tx.udp-gso = \"off\" in its place",
	"quic.socket-owner":                     oneSocket,
	"quic.fe.sock-per-conn":                 oneSocket,
	"quic.zero-copy-fwd-send":               "content is copied into packets",
	"quic.fe.cc.cubic-min-losses":           reno,
	"quic.be.cc.cubic-min-losses":           reno,
	"quic.fe.cc.hystart":                    reno,
	"quic.be.cc.hystart":                    reno,
	"quic.fe.cc.max-frame-loss":             losses,
	"quic.be.cc.max-frame-loss":             losses,
	"quic.fe.cc.max-win-size":               windowed,
	"quic.be.cc.max-win-size":               windowed,
	"quic.fe.cc.reorder-ratio":              losses,
	"quic.be.cc.reorder-ratio":              losses,
	"quic.fe.tx.pacing":                     paced,
	"quic.be.tx.pacing":                     paced,
}

// What there is in the place of such settings.
const (
	reno      = "congestion is controlled by NewReno"
	losses    = "losses are found as RFC 9002 says"
	windowed  = "the congestion window alone bounds what is in flight"
	paced     = "packets are always paced"
	oneSocket = "all connections of an address share its socket"
)

// asIs are values of such settings that say what holds anyway.
var asIs = map[string][]string{
	"quic.fe.tx.pacing": {"on"}, "quic.be.tx.pacing": {"on"}, "quic.zero-copy-fwd-send": {"off"},
	"quic.fe.sock-per-conn": {"force-off"}, "quic.socket-owner": {"listener"},
	"ssl.certificate-compression": {"off"},
	"quic.fe.cc.hystart":          {"off"}, "quic.be.cc.hystart": {"off"}, "quic.cc-hystart": {"off"},
}

// foreign takes what has another name here, or no meaning, out of a tune table,
// and gives a warning for each.
func foreign(n *tree.Node) (warnings []*tree.Error) {
	n.Children = slices.DeleteFunc(n.Children, func(c *tree.Node) bool {
		if now := renamed[c.Key]; now != "" {
			warnings = append(warnings, &tree.Error{Pos: c.Pos, Path: c.Path, Msg: "it is called tune." + now + " now"})
			c.Key = now
			return false
		}
		why := cmp.Or(meaningless[c.Key], openSSLs[c.Key])
		if why == "" {
			return false
		}
		if c.Kind != tree.String || !slices.Contains(asIs[c.Key], strings.TrimSpace(c.Str())) {
			warnings = append(warnings, &tree.Error{Pos: c.Pos, Path: c.Path, Msg: "it has no effect: " + why})
		}
		return true
	})
	return warnings
}
