package secure

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Lines of lists and files of directories can be added and taken away while they
// are in use, until the configuration is read again. Errors are in HAProxy's words.

// List is a list of certificates (crt-list), or a directory of them, as it is now.
type List struct {
	Name string
	// Dir: it is a directory, whose lines have no numbers.
	Dir bool
	// Lines are in the order in which they came.
	Lines []Line

	last  int // the number of the last line
	users []listUser
}

// listUser is a bind that has a list.
type listUser struct {
	table    *Table
	settings func(*Line) (*Settings, error)
}

// UseList says that a bind has a list with these lines. settings makes the settings
// of a line that comes later, nil for the bind's.
func (s *Store) UseList(name string, dir bool, lines []Line, t *Table, settings func(*Line) (*Settings, error)) {
	l := s.lists[name]
	if l == nil {
		l = &List{Name: name, Dir: dir, Lines: lines}
		if len(lines) > 0 {
			l.last = lines[len(lines)-1].Number
		}
		s.lists[name] = l
	}
	l.users = append(l.users, listUser{t, settings})
}

// Directory reports whether certificates by this name are those of a directory.
func (s *Store) Directory(name string) bool {
	if _, ok := s.declared[name]; ok || strings.HasPrefix(name, "@") {
		return false
	}
	info, err := os.Stat(Under(s.Base, name))
	return err == nil && info.IsDir()
}

// Lists gives the lists and directories, by name.
func (s *Store) Lists() []List {
	s.edit.Lock()
	defer s.edit.Unlock()
	var out []List
	for _, name := range slices.Sorted(maps.Keys(s.lists)) {
		l := *s.lists[name]
		l.Lines = slices.Clone(l.Lines)
		out = append(out, l)
	}
	return out
}

// AddLine adds a line, in the form of the file, for each bind that has the list. It
// gives the certificate's name and the number of binds.
func (s *Store) AddLine(list, text string) (crt string, binds int, err error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	l := s.lists[strings.TrimSuffix(list, "/")]
	if l == nil {
		return "", 0, says("crt-list '%s' does not exist!", list)
	}
	lines, wrong := parseList("CLI", []byte(text))
	switch {
	case len(wrong) > 0:
		return "", 0, says("parsing [CLI:%d]: %v", wrong[0].Line, wrong[0].Err)
	case len(lines) > 1:
		return "", 0, says("only one line of payload is supported!")
	case len(lines) == 0:
		return "", 0, says("'add ssl crtlist' should contain the certificate name in the payload")
	}
	line := lines[0]
	crt = line.Crt
	found := s.named(crt)
	if len(found) == 0 {
		found = s.named(Under(s.Base, crt))
	}
	switch {
	case len(found) == 0:
		return crt, 0, says("certificate '%s' does not exist!", crt)
	case found[0].Pair == nil:
		return crt, 0, says("certificate '%s' is empty!", crt)
	}
	line.Crt, line.Number = found[0].file, l.last+1
	if l.Dir {
		if err := l.fits(&line); err != nil {
			return crt, 0, err
		}
		line.Number = 0
	}
	rows := make([]*Entry, len(l.users))
	for i, u := range l.users {
		e := &Entry{Pair: found[0].Pair, From: From{l.Name, line.Number}, filters: line.Filters}
		if e.Settings, err = u.settings(&line); err != nil {
			return crt, 0, err
		}
		rows[i] = e
	}
	for i, u := range l.users {
		u.table.append(rows[i])
		u.table.rebuild(nil)
	}
	if s.updater != nil && slices.ContainsFunc(line.Options, func(o Option) bool { return o.Name == "ocsp-update" && o.Value == "on" }) {
		s.updater.Follow(found[0].Pair)
	}
	l.Lines = append(l.Lines, line)
	l.last = max(l.last, line.Number)
	return crt, len(rows), nil
}

// fits refuses what a directory cannot have.
func (l *List) fits(line *Line) error {
	switch {
	case !strings.HasPrefix(line.Crt, l.Name+"/"):
		return says("'%s' is a directory, certificate path '%s' must contain the directory path", l.Name, line.Crt)
	case len(line.Options)+len(line.Filters) > 0:
		return says("this is a directory, SSL configuration and filters are not allowed")
	case slices.ContainsFunc(l.Lines, func(o Line) bool { return o.Crt == line.Crt }):
		return says("file already exists in this directory!")
	}
	return nil
}

// DelLine takes a line away: that of a certificate, with ":NUMBER" behind its name
// where there are several. It gives the certificate's name.
func (s *Store) DelLine(list, crt string) (name string, err error) {
	s.edit.Lock()
	defer s.edit.Unlock()
	crt, number := crt, -1
	if name, digits, ok := cutLast(crt, ":"); ok {
		if number, err = strconv.Atoi(digits); err != nil {
			return crt, says("wrong line number after colons in '%s'!", crt)
		}
		crt = name
	}
	l := s.lists[strings.TrimSuffix(list, "/")]
	if l == nil {
		return crt, says("crt-list '%s' does not exist!", list)
	}
	found := s.named(crt)
	if len(found) == 0 {
		found = s.named(Under(s.Base, crt))
	}
	if len(found) == 0 {
		return crt, says("certificate '%s' does not exist!", crt)
	}
	at, err := l.find(found[0].file, crt, number)
	if err != nil {
		return crt, err
	}
	line := l.Lines[at]
	if err := l.spared(&line, crt); err != nil {
		return crt, err
	}
	for _, u := range l.users {
		u.table.rows = slices.DeleteFunc(u.table.rows, l.has(&line))
		u.table.rebuild(nil)
	}
	l.Lines = slices.Delete(l.Lines, at, at+1)
	return crt, nil
}

// cutLast cuts at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// find gives the index of a certificate's line; number is -1 for any.
func (l *List) find(file, crt string, number int) (int, error) {
	at, numbers := -1, []string{}
	for i, line := range l.Lines {
		if line.Crt != file && line.Crt != crt {
			continue
		}
		numbers = append(numbers, strconv.Itoa(line.Number))
		if number < 0 || line.Number == number {
			at = i
		}
	}
	switch {
	case len(numbers) == 0:
		return 0, says("certificate '%s' can't be found in crt-list '%s'!", crt, l.Name)
	case at < 0:
		return 0, says("found a certificate '%s' but the line number is incorrect, please specify a correct line number preceded by colons (%s)!", crt, strings.Join(numbers, ", "))
	case number < 0 && len(numbers) > 1:
		return 0, says("found the certificate '%s' in several entries, please specify a line number preceded by colons (%s)!", crt, strings.Join(numbers, ", "))
	}
	return at, nil
}

// has tells the rows of a line, which are several where it names a bundle.
func (l *List) has(line *Line) func(*Entry) bool {
	return func(e *Entry) bool {
		return e.From == From{l.Name, line.Number} && (!l.Dir || e.Pair.file == line.Crt)
	}
}

// spared refuses to take away what clients get that ask for nothing.
func (l *List) spared(line *Line, crt string) error {
	var binds strings.Builder
	for _, u := range l.users {
		if !u.table.strict && slices.ContainsFunc(u.table.index.Load().fallback, l.has(line)) {
			fmt.Fprintf(&binds, "\n\t- %s", u.table.Bind)
		}
	}
	if binds.Len() > 0 {
		return says("certificate '%s' cannot be deleted, it is used as default certificate by the following frontends:%s", crt, binds.String())
	}
	return nil
}
