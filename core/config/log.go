package config

import (
	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// Log is a place for log lines (section 4.2 "log"): { to = "syslog", address =
// "127.0.0.1:514" }, or "stderr" for a logger without settings. Keys besides
// those here are the logger's.
type Log struct {
	// To is the logger module.
	To tree.Module `toml:",inline" module:"to"`
	// Format is a logformat module's name or a log-format string for this log
	// alone. Default: the proxy's.
	Format tree.Text `toml:"format"`
	// Level is the least severe level that is logged. Default "debug": all.
	Level string `toml:"level" enum:"emerg|alert|crit|err|warning|notice|info|debug"`
	// MinLevel is the most severe level that lines get here. Default "emerg": any.
	MinLevel string `toml:"min-level" enum:"emerg|alert|crit|err|warning|notice|info|debug"`
	// Facility is syslog's, from "kern" to "local7". Default: the logger's.
	Facility string `toml:"facility" enum:"kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|auth2|ftp|ntp|audit|alert|cron2|local0|local1|local2|local3|local4|local5|local6|local7"`
	// Sample chooses lines to log, by ranges and a size: "1:10" is the first of
	// every ten, "2-3,8:11" three of every eleven. Default: all.
	Sample tree.Text `toml:"sample"`

	// Pos is where the log stands.
	Pos tree.Pos `toml:"-"`
	// Path names it.
	Path string `toml:"-"`
}

// SetDefaults sets the levels.
func (l *Log) SetDefaults() { l.Level, l.MinLevel = "debug", "emerg" }

// Logs are the logs of a proxy: "global", a logger, a table, or a list of
// these. Those of the defaults come first; false, and "none" in a list, drop
// what was there before, as "no log" does.
type Logs struct {
	// Global says that the logs of [global] are used as well.
	Global bool
	// Own are the proxy's own, in order.
	Own []Log

	flush bool // those of the defaults are dropped
}

// DecodeNode reads any of the forms.
func (l *Logs) DecodeNode(n *tree.Node) error {
	*l = Logs{}
	if n.Kind == tree.Bool {
		errs := &tree.Errors{}
		if n.Bool() {
			errs.On(n, "want \"global\", a logger's name, a table, a list, or false, got true")
		}
		l.flush = true
		return errs.Err()
	}
	list := []*tree.Node{n}
	if n.Kind == tree.Array {
		list = n.Children
	}
	errs := &tree.Errors{}
	for _, c := range list {
		switch c.Str() {
		case "global":
			l.Global = true
			continue
		case "none":
			*l = Logs{flush: true}
			continue
		}
		one := Log{Path: c.Path}
		one.SetDefaults()
		errs.Add(c.Decode(&one), c.Pos, c.Path)
		l.Own = append(l.Own, one)
	}
	return errs.Err()
}

// inherit puts the logs of the defaults first.
func (l *Logs) inherit(from Logs) {
	if l.flush {
		return
	}
	l.Global = l.Global || from.Global
	l.Own = append(from.Own[:len(from.Own):len(from.Own)], l.Own...)
}
