// Package admin takes commands for the running process on a UNIX or TCP socket:
// one line in, the answer back, as in
//
//	echo "reload" | socat - /run/fairlead/admin.sock
//
//	s, err := admin.Listen("/run/fairlead/admin.sock", admin.Options{Mode: 0o600})
//	s.Handle("reload", "read the configuration again", func(args []string) (string, error) { ... })
//	go s.Serve()
//
// Several commands may stand in a line, parted by ";". A line that ends with "<<" is
// followed by a payload for the last of them, which an empty line ends, or with
// "<<WORD" a line that is WORD, as in HAProxy. A Server is safe for concurrent use
// once Serve runs. The package knows no commands but "help" and those about levels.
package admin

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Handler carries out a command and gives its answer.
type Handler func(args []string) (string, error)

// PayloadHandler is a Handler of a command that may have a payload, "" for none.
type PayloadHandler func(args []string, payload string) (string, error)

// Options are those of the socket.
type Options struct {
	// Mode are the permissions of a UNIX socket; 0 means 0600.
	Mode fs.FileMode
	// UID and GID own a UNIX socket; -1 changes nothing.
	UID, GID int
	// Level is what those who connect may do; ByName means Admin.
	Level Level
}

// Command is a command, whose name may be several words, and a line about it.
type Command struct {
	Name, Doc string
	Run       Handler
	// RunPayload stands in the place of Run for one that may have a payload.
	RunPayload PayloadHandler
	// Level is the least that one needs for it.
	Level Level
}

func (c *Command) run(args []string, payload string) (string, error) {
	if c.RunPayload != nil {
		return c.RunPayload(args, payload)
	}
	return c.Run(args)
}

// Commander is a module that has commands about what it does. They are there while
// a configuration that uses it is in force.
type Commander interface {
	Commands() []Command
}

// Server takes commands.
type Server struct {
	l        net.Listener
	path     string
	level    Level
	commands map[string]Command
	more     func() []Command
	conns    sync.WaitGroup
}

// idle ends a connection that sends nothing.
const idle = 10 * time.Second

// maxLine is the longest line that is read, in bytes.
const maxLine = 16 << 10

// network says whether an address is a path, or host:port.
func network(address string) string {
	if _, _, err := net.SplitHostPort(address); err == nil && !strings.ContainsAny(address, `/\`) {
		return "tcp"
	}
	return "unix"
}

// Listen opens the socket: a path, or host:port. A socket file that nobody
// listens at is replaced.
func Listen(address string, o Options) (*Server, error) {
	path := ""
	if network(address) == "unix" {
		path = address
		if c, err := net.DialTimeout("unix", path, time.Second); err == nil {
			c.Close()
			return nil, fmt.Errorf("%s is in use by another process", path)
		}
		if info, err := os.Lstat(path); err == nil {
			if info.Mode().Type() != fs.ModeSocket {
				return nil, fmt.Errorf("%s is there already and is no socket", path)
			}
			if err := os.Remove(path); err != nil {
				return nil, err
			}
		}
	}
	l, err := net.Listen(network(address), address)
	if err != nil {
		return nil, err
	}
	s := &Server{l: l, path: path, level: o.Level, commands: map[string]Command{}}
	if s.level == ByName {
		s.level = Admin
	}
	if path != "" {
		if err := own(path, o); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return s, nil
}

func own(path string, o Options) error {
	mode := o.Mode
	if mode == 0 {
		mode = 0o600
	}
	if err := os.Chmod(path, mode); err != nil {
		return err
	}
	if o.UID < 0 && o.GID < 0 {
		return nil
	}
	return os.Chown(path, o.UID, o.GID)
}

// Handle adds a command, whose name may be several words. It must be called
// before Serve.
func (s *Server) Handle(name, doc string, run Handler) {
	s.Add(Command{Name: name, Doc: doc, Run: run})
}

// HandlePayload adds a command that may have a payload.
func (s *Server) HandlePayload(name, doc string, run PayloadHandler) {
	s.Add(Command{Name: name, Doc: doc, RunPayload: run})
}

// Add adds a command. It must be called before Serve.
func (s *Server) Add(c Command) { s.commands[c.Name] = c }

// HandleMore has commands taken that come and go; they give way to others of the
// same name. It must be called before Serve.
func (s *Server) HandleMore(more func() []Command) { s.more = more }

// all gives the commands that there are now, by name.
func (s *Server) all() map[string]Command {
	all := map[string]Command{}
	if s.more != nil {
		for _, c := range s.more() {
			all[c.Name] = c
		}
	}
	maps.Copy(all, s.commands)
	return all
}

// Serve takes connections until Close.
func (s *Server) Serve() error {
	for {
		c, err := s.l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		s.conns.Add(1)
		go func() {
			defer s.conns.Done()
			defer c.Close()
			s.talk(c)
		}()
	}
}

// Close closes the socket, which removes its file, and waits for commands in progress.
func (s *Server) Close() error {
	err := s.l.Close()
	s.conns.Wait()
	return err
}

// talk answers the one line that a connection brings.
func (s *Server) talk(c net.Conn) {
	if err := c.SetReadDeadline(time.Now().Add(idle)); err != nil {
		return
	}
	in := bufio.NewReader(io.LimitReader(c, maxLine+maxPayload))
	line, err := in.ReadString('\n')
	if err != nil && (err != io.EOF || line == "") || len(line) > maxLine {
		return
	}
	line, payload, err := takePayload(line, in)
	if err != nil {
		_, _ = io.WriteString(c, err.Error()+"\n\n") // the other side may have gone
		return
	}
	who := &session{s, s.level}
	parts := strings.Split(line, ";")
	for i, part := range parts {
		with := ""
		if i == len(parts)-1 {
			with = payload
		}
		answer := who.run(part, with)
		if !strings.HasSuffix(answer, "\n") {
			answer += "\n"
		}
		if _, err := io.WriteString(c, answer+"\n"); err != nil {
			return // the other side has gone; nobody waits for the answer
		}
	}
}

// Unknown is what the answer to an unknown command begins with.
const Unknown = "Unknown command"

// Ask sends a command to the socket of another process and gives its answer.
func Ask(address, line string, timeout time.Duration) (string, error) {
	c, err := net.DialTimeout(network(address), address, timeout)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(timeout)); err != nil {
		return "", err
	}
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	return strings.TrimRight(string(answer), "\n"), err
}
