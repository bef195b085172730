package logs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
)

func TestHandler(t *testing.T) {
	var r record
	ts := Targets{NewTarget(&r, nil)}
	log := slog.New(NewHandler(ts))
	log.Debug("plain")
	log.Info("with", "n", 1, "text", "a b", "error", errors.New("x=\"y\""))
	log.With("module", "check").Warn("proxy", slog.Group("server", "name", "a"))
	log.WithGroup("g").Error("in a group", "k", "v")
	log.Info("own keys", "level", "loud", "msg", "x", "time", "y")
	for _, l := range []slog.Level{SlogNotice, SlogCrit, SlogAlert, SlogEmerg} {
		log.Log(context.Background(), l, "x")
	}
	want := []string{
		" debug plain",
		` info with n=1 text="a b" error="x=\"y\""`,
		" warning proxy module=check server.name=a",
		" err in a group g.k=v",
		" info own keys level=loud msg=x time=y",
		" notice x", " crit x", " alert x", " emerg x",
	}
	if !slices.Equal(r.lines, want) {
		t.Errorf("lines\n got %q\nwant %q", r.lines, want)
	}
	ts[0].Level = Notice
	if log.Enabled(context.Background(), slog.LevelInfo) || !log.Enabled(context.Background(), SlogNotice) {
		t.Error("Enabled does not follow the targets' levels")
	}
}
