package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/protocol"
	"github.com/fairleadproxy/fairlead/core/proxy"
)

// defaultSocket is where a process takes commands when its configuration says
// nothing else: in the directory that systemd or the session gives it.
func defaultSocket() string {
	for _, v := range []string{"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"} {
		if dir := os.Getenv(v); dir != "" {
			return filepath.Join(dir, "fairlead.sock")
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("fairlead-%d.sock", os.Getuid()))
}

// listenAdmin opens the sockets for commands. That the default one is taken,
// as by another process of the same user, is no error.
func (r *runner) listenAdmin(g *config.Global) error {
	if len(g.StatsSocket) == 0 {
		s, err := admin.Listen(defaultSocket(), admin.Options{UID: -1, GID: -1})
		if err != nil {
			r.log.Warn("commands such as reload are not taken; set stats-socket in [global] to a path of this process's own", "error", err)
			return nil
		}
		r.serveAdmin(s)
		return nil
	}
	for _, c := range g.StatsSocket {
		uid, gid, err := protocol.Owner(config.NameOr(c.User, c.UID), config.NameOr(c.Group, c.GID))
		if err == nil {
			var s *admin.Server
			path := strings.TrimPrefix(c.Address.Value, "unix@")
			if s, err = admin.Listen(path, admin.Options{Mode: fs.FileMode(c.Mode), UID: uid, GID: gid, Level: admin.ParseLevel(c.Level)}); err == nil {
				r.serveAdmin(s)
				continue
			}
		}
		return fmt.Errorf("%v: %s: %w", c.Address.Pos, c.Address.Path, err)
	}
	return nil
}

func (r *runner) serveAdmin(s *admin.Server) {
	s.Add(admin.Command{Name: "reload", Doc: "read the configuration again", Level: admin.Operator, Run: func([]string) (string, error) {
		if err := r.reload("a command"); err != nil {
			return "Success=0\n--\n", err
		}
		return "Success=1\n--\n", nil
	}})
	s.Handle("stop", "stop gracefully", func([]string) (string, error) {
		select {
		case r.stop <- struct{}{}:
		default: // it is stopping
		}
		return "", nil
	})
	s.Handle("show version", "the version of this binary", func([]string) (string, error) { return coreVersion(), nil })
	s.Handle("show info", "facts about this process", func([]string) (string, error) { return r.info(), nil })
	s.Handle("show mptcp connections", "the live MPTCP connections and their paths", func([]string) (string, error) {
		return r.super.Current().(*proxy.Graph).Multipath(), nil
	})
	s.HandleMore(func() []admin.Command { return r.super.Current().(*proxy.Graph).Commands() })
	r.admins = append(r.admins, s)
	go func() {
		if err := s.Serve(); err != nil {
			r.log.Error("commands are not taken any more", "error", err)
		}
	}()
}

// info gives HAProxy's names for what is known.
func (r *runner) info() string {
	reloads, failed := r.super.Counts()
	c := &r.engine.Counters
	var b strings.Builder
	for _, f := range []struct {
		name  string
		value any
	}{
		{"Name", "Fairlead"}, {"Version", coreVersion()}, {"Pid", os.Getpid()},
		{"Uptime_sec", int(time.Since(r.started).Seconds())}, {"Maxconn", r.engine.Tuning.MaxConn},
		{"CurrConns", c.Cur.Load()}, {"CumConns", c.Total.Load()}, {"ConnRate", c.SessionRate()},
		{"Parked", r.engine.Parked()}, {"Tasks", runtime.NumGoroutine()}, {"Reloads", reloads}, {"FailedReloads", failed},
	} {
		fmt.Fprintf(&b, "%s: %v\n", f.name, f.value)
	}
	return b.String()
}

// command adds the flag for the socket and asks the process there.
func command(c *cobra.Command, line string, check func(answer string) error) *cobra.Command {
	var socket string
	var paths []string
	c.Flags().StringVarP(&socket, "socket", "s", "", "`socket` of the process (default: that of --config, else "+defaultSocket()+")")
	c.Flags().StringArrayVarP(&paths, "config", "c", nil, "configuration `file` whose stats-socket to use")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if socket == "" {
			var err error
			if socket, err = configuredSocket(paths); err != nil {
				return usage(err)
			}
		}
		answer, err := admin.Ask(socket, line, time.Minute)
		if err != nil {
			return fmt.Errorf("cannot reach the process: %w", err)
		}
		if answer == admin.Denied {
			return fmt.Errorf("the process refuses that at %s: name a socket of a higher level by --socket", socket)
		}
		return check(answer)
	}
	return c
}

func configuredSocket(paths []string) (string, error) {
	if len(paths) == 0 {
		return defaultSocket(), nil
	}
	cfg, err := config.Load(paths, os.LookupEnv)
	if cfg != nil && len(cfg.Global.StatsSocket) > 0 {
		// A configuration with errors still tells its socket: a reload is to
		// say what the process thinks of it.
		return strings.TrimPrefix(cfg.Global.StatsSocket[0].Address.Value, "unix@"), nil
	}
	if err != nil {
		return "", err
	}
	return defaultSocket(), nil
}

func reloadCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "reload",
		Short: "Have the running process read its configuration again",
		Long: `Have the running process read its configuration again.

The new configuration is checked and started beside the one in force; if
anything is wrong, that one stays, and the errors are shown here.`,
	}
	return command(c, "reload", func(answer string) error {
		if text, failed := strings.CutPrefix(answer, "Success=0\n--\n"); failed {
			return usage(errors.New("the configuration was not replaced:\n" + text))
		}
		return nil
	})
}

func stopCommand() *cobra.Command {
	c := &cobra.Command{Use: "stop", Short: "Stop the running process gracefully"}
	return command(c, "stop", func(string) error { return nil })
}
