package proxy

import (
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/logs"
)

// logger is a log table's target, made once for all proxies that use it.
type logger struct{ target *logs.Target }

// frontendLogs sets up where and how a frontend's streams are logged.
func (b *builder) frontendLogs(c *config.Frontend, f *Frontend, sc *expr.Scope) {
	sc = sc.In(expr.Log)
	f.logs = logging{
		targets:    b.targets(&c.Proxy, sc),
		dontNormal: c.Option.DontlogNormal,
		separate:   c.Option.LogSeparateErrors,
		asap:       c.Option.Logasap,
	}
	format := c.LogFormat
	if format.IsZero() {
		format.Value = c.Option.LogFormat
	}
	if format.Value == "" {
		format.Value = "tcplog"
		if c.HTTP() {
			format.Value = "httplog"
		}
	}
	if len(f.logs.targets) == 0 && c.LogFormat.IsZero() {
		return // nobody reads it, and the module may have been left out
	}
	f.logs.format = b.formatter(format, sc)
	if !c.ErrorLogFormat.IsZero() {
		f.logs.errorFormat = b.formatter(c.ErrorLogFormat, sc)
	}
}

// formatter makes the formatter that a text means: a module's name or a
// log-format string.
func (b *builder) formatter(t tree.Text, sc *expr.Scope) logs.Formatter {
	f, err := logs.NewFormatter(b.ctx, t.Value)
	if err == nil {
		if c, ok := f.(logs.Compiler); ok {
			err = c.Compile(sc)
		}
	}
	if err != nil {
		b.textError(t, err)
		return nil
	}
	return f
}

// targets gives a proxy's log targets.
func (b *builder) targets(c *config.Proxy, sc *expr.Scope) logs.Targets {
	var list logs.Targets
	add := func(l *config.Log) {
		if t := b.target(l, c.LogTag, sc); t != nil {
			list = append(list, t)
		}
	}
	if c.Log.Global {
		for i := range b.cfg.Global.Log {
			add(&b.cfg.Global.Log[i])
		}
	}
	for i := range c.Log.Own {
		add(&c.Log.Own[i])
	}
	return list
}

// target makes a log table's target, or gives the one made before.
func (b *builder) target(l *config.Log, tag string, sc *expr.Scope) *logs.Target {
	if made := b.loggers[l.Pos]; made != nil {
		return made.target
	}
	made := &logger{}
	b.loggers[l.Pos] = made
	if tag == "" {
		tag = b.cfg.Global.LogTag
	}
	sink, ok := b.sink(l, tag)
	if !ok {
		return nil
	}
	t := logs.NewTarget(sink, nil)
	if !l.Format.IsZero() {
		t.Format = b.formatter(l.Format, sc)
	}
	field := func(err error, key string) {
		if err != nil {
			pos, path := l.To.Field(key)
			b.errs.Add(err, pos, path)
		}
	}
	var err error
	if t.Level, err = logs.ParseLevel(l.Level); err != nil {
		field(err, "level")
	}
	if t.MinLevel, err = logs.ParseLevel(l.MinLevel); err != nil {
		field(err, "min-level")
	}
	if l.Facility != "" {
		t.Facility, err = logs.ParseFacility(l.Facility)
		field(err, "facility")
	}
	if !l.Sample.IsZero() {
		if t.Sample, err = logs.ParseSample(l.Sample.Value); err != nil {
			b.textError(l.Sample, err)
		}
	}
	made.target = t
	return t
}

// sink makes the logger module, which takes the program's name in syslog
// headers and this machine's from the configuration around it.
func (b *builder) sink(l *config.Log, tag string) (logs.Logger, bool) {
	entry, err := logs.Kind.Lookup(b.o.Registry, l.To.Type)
	if err != nil {
		b.errs.Add(err, l.To.Pos, l.To.Path)
		return nil, false
	}
	v, err := entry.Build(b.ctx, func(into any) error {
		if named, ok := into.(interface{ SetNames(tag, hostname string) }); ok {
			named.SetNames(tag, b.cfg.Global.LogSendHostname)
		}
		return l.To.Decode(into)
	})
	if err != nil {
		l.To.Refuse(b.errs, err)
		return nil, false
	}
	b.g.instances.Add(v)
	return v, true
}
