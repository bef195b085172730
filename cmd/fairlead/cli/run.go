package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/process"
	"github.com/fairleadproxy/fairlead/core/proxy"
)

func runCommand(ui *ui) *cobra.Command {
	r := &runner{ui: ui, shared: module.NewShared()}
	c := &cobra.Command{
		Use:     "run",
		Short:   "Run with a configuration until told to stop",
		Long:    "Run with a configuration until told to stop.\n\n" + aboutSignals,
		Example: "  fairlead run --config lb.toml",
		RunE: func(c *cobra.Command, _ []string) error {
			return r.run(c.Context())
		},
	}
	ui.configFlag(c, &r.paths)
	c.Flags().BoolVarP(&r.watch, "watch", "w", false, "reload when a configuration file changes")
	return c
}

// runner is the process while it serves.
type runner struct {
	ui      *ui
	paths   []string
	watch   bool
	shared  *module.Shared
	log     *slog.Logger
	engine  *proxy.Engine
	super   *process.Supervisor
	admins  []*admin.Server
	global  *config.Global // at the start
	started time.Time
	stop    chan struct{} // a command to stop has come
}

func (r *runner) run(ctx context.Context) error {
	r.log = slog.New(slog.NewTextHandler(r.ui.w, nil))
	r.started, r.stop = time.Now(), make(chan struct{}, 1)
	sockets, err := process.FromEnvironment()
	if err != nil {
		return usage(err)
	}
	changed, unwatch, err := r.watchFiles() // before they are read: no change is missed
	if err != nil {
		return usage(err)
	}
	defer unwatch()
	first, err := r.ui.load(r.paths)
	if err != nil {
		return usage(err)
	}
	r.ui.warnings(first.Warnings)
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, heeded...)
	defer signal.Stop(signals)
	if err := r.prepare(first); err != nil {
		return err
	}
	defer r.engine.Close()
	r.super = process.New(r.builder(first), sockets, r.log)
	if err := r.start(signals); err != nil {
		return err
	}
	if err := r.settle(&first.Global); err != nil {
		return errors.Join(err, r.super.Stop(closed()))
	}
	r.announce()
	tuning, end := context.WithCancel(ctx)
	defer end()
	go process.TuneMemory(tuning)
	return r.serve(ctx, signals, changed)
}

// start starts the first configuration. That may take as long as names take to
// resolve: a signal to stop ends it, others wait.
func (r *runner) start(signals chan os.Signal) error {
	started := make(chan error, 1)
	go func() { started <- r.super.Start() }()
	for {
		select {
		case err := <-started:
			return usage(err)
		case s := <-signals:
			if s == syscall.SIGTERM || s == syscall.SIGINT {
				return fmt.Errorf("%v came before all was started", s)
			}
			defer func() {
				select {
				case signals <- s:
				default: // others wait already
				}
			}()
		}
	}
}

// prepare sets what holds for the process as a whole.
func (r *runner) prepare(cfg *config.Config) error {
	g := &cfg.Global
	r.global = g
	if g.Nbthread > 0 {
		runtime.GOMAXPROCS(g.Nbthread)
	}
	maxConn, err := process.RaiseFiles(g.UlimitN, g.Maxconn)
	if err != nil {
		return usage(fmt.Errorf("global: %w", err))
	}
	if fit, err := process.MaxConn(); err == nil && g.Maxconn > fit {
		r.log.Warn("maxconn needs more file descriptors than this process may have: raise the limit, as with LimitNOFILE in systemd",
			"maxconn", g.Maxconn, "fit", fit)
	}
	r.engine, err = proxy.NewEngine(proxy.TuningOf(g, maxConn))
	return err
}

// builder makes generations; the first is of the configuration that was read already.
func (r *runner) builder(first *config.Config) process.Builder {
	return func(before process.Generation, inherit func(string) int) (process.Generation, error) {
		cfg := first
		if cfg == nil {
			var err error
			if cfg, err = r.ui.load(r.paths); err != nil {
				return nil, err
			}
			r.ui.warnings(cfg.Warnings)
			if keys := needRestart(r.global, &cfg.Global); keys != "" {
				r.log.Warn("changes of [global] that wait for the next start", "keys", keys)
			}
		}
		first = nil
		old, _ := before.(*proxy.Graph)
		told := len(cfg.Warnings)
		g, err := proxy.Build(cfg, proxy.BuildOptions{
			Engine: r.engine, Shared: r.shared, Log: r.log, Inherit: inherit, Before: old,
		})
		if err != nil {
			return nil, err // not g, which would be a Generation that is not nil
		}
		r.ui.warnings(cfg.Warnings[told:]) // those of files that it names
		return g, nil
	}
}

// settle does what follows once all sockets are open.
func (r *runner) settle(g *config.Global) error {
	if err := r.listenAdmin(g); err != nil {
		return usage(err)
	}
	if g.Pidfile != "" {
		if err := os.WriteFile(g.Pidfile, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
			return usage(fmt.Errorf("global.pidfile: %w", err))
		}
	}
	return usage(process.DropPrivileges(config.NameOr(g.User, g.UID), config.NameOr(g.Group, g.GID)))
}

// announce says where clients can connect.
func (r *runner) announce() {
	for _, l := range r.super.Current().(*proxy.Graph).Listening() {
		fmt.Fprintf(r.ui.w, "frontend %s listens at %s\n", l.Frontend, l.Address)
		if l.HTTP && l.Port != 0 {
			scheme := "http"
			if l.TLS {
				scheme = "https"
			}
			fmt.Fprintf(r.ui.w, "  try: curl %s://localhost:%d/\n", scheme, l.Port)
		}
	}
	r.notify("READY=1")
}

func (r *runner) notify(state string) {
	if err := process.Notify(state); err != nil {
		r.log.Warn("cannot notify the service manager", "error", err)
	}
}

// serve waits for signals, commands and changes of files until the end.
func (r *runner) serve(ctx context.Context, signals <-chan os.Signal, changed <-chan struct{}) error {
	if ctx == nil {
		ctx = context.Background()
	}
	for {
		select {
		case <-changed:
			r.reload("a configuration file changed")
		case <-r.stop:
			return r.end(signals)
		case <-ctx.Done():
			return r.end(signals)
		case s := <-signals:
			switch s {
			case syscall.SIGHUP:
				r.reload("SIGHUP")
			case reopen:
				if err := r.super.Reopen(); err != nil {
					r.log.Error("cannot reopen a log file", "error", err)
				}
			default:
				return r.end(signals)
			}
		}
	}
}

// reload replaces the configuration, or says why it did not.
func (r *runner) reload(why string) error {
	r.notify(process.Reloading())
	defer r.notify("READY=1")
	if err := r.super.Reload(); err != nil {
		r.ui.error(err)
		r.log.Error("the configuration was not replaced", "reason", why)
		return err
	}
	r.log.Info("the configuration was replaced", "reason", why)
	return nil
}

// end stops gracefully; another signal to stop ends the grace.
func (r *runner) end(signals <-chan os.Signal) error {
	r.notify("STOPPING=1")
	r.log.Info("stopping")
	ctx, cut := context.WithCancel(context.Background())
	defer cut()
	go func() {
		for {
			select {
			case s := <-signals:
				if s == syscall.SIGTERM || s == syscall.SIGINT {
					cut()
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	err := r.super.Stop(ctx)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		r.log.Warn("connections were cut")
		err = nil
	}
	for _, a := range r.admins {
		err = errors.Join(err, a.Close())
	}
	return err
}

// closed is a context that is over.
func closed() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
