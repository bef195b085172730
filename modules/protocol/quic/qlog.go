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
		switch ev.Trigger {
		case qlog.PacketDropHeaderParseError, qlog.PacketDropPayloadDecryptError, qlog.PacketDropProtocolViolation, qlog.PacketDropUnexpectedPacket:
			l.o.Counters.Malformed.Add(1)
		default:
			l.o.Counters.Dropped.Add(1)
		}
	case qlog.PacketSent:
		if ev.Header.PacketType == qlog.PacketTypeRetry {
			l.o.Counters.Retries.Add(1)
		}
	}
}

// Close does nothing: the counters are others'.
func (*refusals) Close() error { return nil }
