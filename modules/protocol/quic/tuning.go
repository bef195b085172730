package quic

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

// What holds where the configuration does not say otherwise; the rest is left to
// quic-go.
const (
	defaultIdle    = 30 * time.Second
	defaultStreams = 100
	defaultRetries = 100      // handshakes in progress before Retry
	defaultHead    = 16 << 10 // bytes
	defaultFields  = 101
)

// settle fills in what is not set.
func settle(t *protocol.SessionTuning) {
	t.MaxIdle = cmp.Or(t.MaxIdle, defaultIdle)
	t.MaxStreams = cmp.Or(t.MaxStreams, defaultStreams)
	t.RetryThreshold = cmp.Or(t.RetryThreshold, defaultRetries)
	t.MaxHead = cmp.Or(t.MaxHead, defaultHead)
	t.MaxFields = cmp.Or(t.MaxFields, defaultFields)
}

// The windows that connections and their streams begin with, as in quic-go, unless
// they are to be smaller.
const (
	firstWindow       = 768 << 10
	firstStreamWindow = 512 << 10
)

// config makes quic-go's settings of ours; count may be nil.
func config(t *protocol.SessionTuning, count *protocol.SessionCounters, log *slog.Logger) *quic.Config {
	c := &quic.Config{
		MaxIdleTimeout: t.MaxIdle, MaxIncomingUniStreams: 100, HandshakeIdleTimeout: 5 * time.Second,
		InitialConnectionReceiveWindow: firstWindow, InitialStreamReceiveWindow: firstStreamWindow,
		EnableDatagrams: true, EnableStreamResetPartialDelivery: true, // for WebTransport
	}
	if t.Window > 0 {
		c.MaxConnectionReceiveWindow = uint64(t.Window)
		c.InitialConnectionReceiveWindow = min(firstWindow, c.MaxConnectionReceiveWindow)
	}
	if t.StreamWindow > 0 {
		c.MaxStreamReceiveWindow = uint64(t.StreamWindow)
		c.InitialStreamReceiveWindow = min(firstStreamWindow, c.MaxStreamReceiveWindow)
	}
	if t.QLog != "" {
		c.Tracer = (&recorder{t.QLog, log}).trace
	}
	if t.CountDropped && count != nil {
		c.Tracer = counting(count, c.Tracer)
	}
	return c
}
