package logs

import (
	"bytes"
	"context"
	"testing"

	"github.com/fairleadproxy/fairlead/core/module"
)

// render is a sink that makes messages of lines and throws them away.
type render struct {
	h   *Header
	buf []byte
}

func (r *render) WriteLines(_ context.Context, b *Batch) (int, error) {
	var l Line
	for b.Next(&l) {
		r.buf = r.h.Append(r.buf[:0], &l)
	}
	return 0, nil
}

func newRender(tb testing.TB) *Writer {
	h, err := NewHeader(SinkConfig{Header: RFC5424}, 1024)
	if err != nil {
		tb.Fatal(err)
	}
	ctx := module.NewContext(module.ContextOptions{})
	w := NewWriter(ctx, &render{h: h}, Options{})
	if err := w.Start(ctx); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := w.Stop(context.Background()); err != nil {
			tb.Error(err)
		}
		if err := ctx.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return w
}

var line300 = bytes.Repeat([]byte("0123456789"), 30)

func TestLogAllocates(t *testing.T) {
	w := newRender(t)
	if n := testing.AllocsPerRun(20000, func() { w.Log(Info, line300) }); n != 0 {
		t.Errorf("Log allocates %v times, want 0", n)
	}
	ts := Targets{NewTarget(w, &counted{}), NewTarget(w, nil)}
	ts[0].Format, ts[0].Facility = nil, Daemon
	if n := testing.AllocsPerRun(20000, func() { ts.Log(Info, line300) }); n != 0 {
		t.Errorf("Targets.Log allocates %v times, want 0", n)
	}
}

func BenchmarkLog(b *testing.B) {
	w := newRender(b)
	b.ReportAllocs()
	b.SetBytes(int64(len(line300)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.Log(Info, line300)
		}
	})
	b.ReportMetric(float64(w.Dropped())/float64(b.N), "dropped/op")
}

func BenchmarkHeader(b *testing.B) {
	for _, style := range []Style{RFC3164, RFC5424} {
		b.Run(style.String(), func(b *testing.B) {
			h, err := NewHeader(SinkConfig{Header: style}, 0)
			if err != nil {
				b.Fatal(err)
			}
			l := Line{Time: headerTime, Level: Info, Text: line300}
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				buf = h.Append(buf[:0], &l)
			}
		})
	}
}
