package admin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Level is what somebody may do (HAProxy management manual section 9.3).
type Level uint8

// The levels.
const (
	// ByName is the level of a command that says none: User for those whose names
	// begin with "show", Admin for others.
	ByName   Level = iota
	User           // look at what is not sensitive
	Operator       // look at all but secrets, and reload
	Admin          // everything
)

func (l Level) String() string { return [...]string{"", "user", "operator", "admin"}[l] }

// ParseLevel gives a level by its name; ByName for others.
func ParseLevel(name string) Level {
	for l := User; l <= Admin; l++ {
		if l.String() == name {
			return l
		}
	}
	return ByName
}

// needs gives the least level for a command.
func (c *Command) needs() Level {
	switch {
	case c.Level != ByName:
		return c.Level
	case strings.HasPrefix(c.Name, "show "):
		return User
	}
	return Admin
}

// session is a connection, with what it may do.
type session struct {
	*Server
	level Level
}

// Denied is HAProxy's answer to who may not do something.
const Denied = "Permission denied"

// run carries out one command with its payload, "" for none, and gives its answer,
// errors included.
func (s *session) run(line, payload string) string {
	words, commands := strings.Fields(line), s.all()
	for n := len(words); n > 0; n-- {
		c, ok := commands[strings.Join(words[:n], " ")]
		switch {
		case !ok:
			continue
		case c.needs() > s.level:
			return Denied
		}
		answer, err := c.run(words[n:], payload)
		if err != nil {
			return answer + err.Error()
		}
		return answer
	}
	return fmt.Sprintf(Unknown+": '%s'. The commands are:\n%s", strings.TrimSpace(line), s.list(commands))
}

// all gives the commands that there are now, by name.
func (s *session) all() map[string]Command {
	commands := s.Server.all()
	lower := func(to Level) Handler {
		return func([]string) (string, error) {
			s.level = to
			return "", nil
		}
	}
	for _, c := range []Command{
		{Name: "help", Doc: "list the commands", Level: User, Run: func([]string) (string, error) { return s.list(s.all()), nil }},
		{Name: "show cli level", Doc: "what this connection may do", Level: User, Run: func([]string) (string, error) { return s.level.String(), nil }},
		{Name: "operator", Doc: "give up what needs the level admin", Level: Operator, Run: lower(Operator)},
		{Name: "user", Doc: "give up what needs the levels admin and operator", Level: User, Run: lower(User)},
	} {
		commands[c.Name] = c
	}
	return commands
}

// list describes the commands that may be given.
func (s *session) list(commands map[string]Command) string {
	var b strings.Builder
	for _, n := range slices.Sorted(maps.Keys(commands)) {
		if c := commands[n]; c.needs() <= s.level {
			fmt.Fprintf(&b, "  %-24s %s\n", n, c.Doc)
		}
	}
	return b.String()
}
