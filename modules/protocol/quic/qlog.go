package quic

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/qlog"
	"github.com/quic-go/quic-go/qlogwriter"

	"github.com/fairleadproxy/fairlead/core/protocol"
)

// recorder writes a record of each connection to a file of its own in a
// directory, in the form of qlog (draft-ietf-quic-qlog-main-schema).
type recorder struct {
	dir string
	log *slog.Logger
}

// trace begins the record of a connection (quic.Config.Tracer). The file has the
// name that quic-go's tools expect.
func (r *recorder) trace(_ context.Context, client bool, id quic.ConnectionID) qlogwriter.Trace {
	side := "server"
	if client {
		side = "client"
	}
	f, err := os.OpenFile(filepath.Join(r.dir, id.String()+"_"+side+".sqlog"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		r.log.Warn("cannot record a QUIC connection", "error", err)
		return nil
	}
	t := qlogwriter.NewConnectionFileSeq(&recordFile{bufio.NewWriter(f), f}, client, id)
	go t.Run()
	return t
}

// recordFile is a file that is written in large pieces.
type recordFile struct {
	*bufio.Writer
	f *os.File
}

func (r *recordFile) Close() error { return errors.Join(r.Flush(), r.f.Close()) }

// refusals counts what quic-go refuses outside connections
// (quic.Transport.Tracer).
type refusals endpoint

// RecordEvent counts an event.
func (r *refusals) RecordEvent(ev qlogwriter.Event) {
	l := r.current.Load()
	if l == nil {
		return
	}
	switch ev := ev.(type) {
	case qlog.PacketDropped:
		countDropped(l.o.Counters, ev)
	case qlog.PacketSent:
		if ev.Header.PacketType == qlog.PacketTypeRetry {
			l.o.Counters.Retries.Add(1)
		}
	}
}

// Close does nothing: the counters are others'.
func (*refusals) Close() error { return nil }

func countDropped(c *protocol.SessionCounters, ev qlog.PacketDropped) {
	switch ev.Trigger {
	case qlog.PacketDropHeaderParseError, qlog.PacketDropPayloadDecryptError, qlog.PacketDropProtocolViolation, qlog.PacketDropUnexpectedPacket:
		c.Malformed.Add(1)
	default:
		c.Dropped.Add(1)
	}
}

// counting has the packets counted that connections drop, and what else happens
// to them recorded by another tracer, nil for none.
func counting(c *protocol.SessionCounters, other tracer) tracer {
	return func(ctx context.Context, client bool, id quic.ConnectionID) qlogwriter.Trace {
		t := &dropTrace{count: c}
		if other != nil {
			t.other = other(ctx, client, id)
		}
		return t
	}
}

type tracer = func(context.Context, bool, quic.ConnectionID) qlogwriter.Trace

// dropTrace counts the packets that a connection drops.
type dropTrace struct {
	count *protocol.SessionCounters
	other qlogwriter.Trace
}

// AddProducer gives a recorder.
func (t *dropTrace) AddProducer() qlogwriter.Recorder {
	r := &dropRecorder{count: t.count}
	if t.other != nil {
		r.other = t.other.AddProducer()
	}
	return r
}

type dropRecorder struct {
	count *protocol.SessionCounters
	other qlogwriter.Recorder
}

// RecordEvent counts an event.
func (r *dropRecorder) RecordEvent(ev qlogwriter.Event) {
	if d, ok := ev.(qlog.PacketDropped); ok {
		countDropped(r.count, d)
	}
	if r.other != nil {
		r.other.RecordEvent(ev)
	}
}

// Close ends the other's record.
func (r *dropRecorder) Close() error {
	if r.other != nil {
		return r.other.Close()
	}
	return nil
}
