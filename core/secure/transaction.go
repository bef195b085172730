package secure

import (
	"fmt"
	"maps"
	"slices"
)

// saying is an error in HAProxy's words, which programs know.
type saying string

func (s saying) Error() string { return string(s) }

func says(format string, args ...any) error { return saying(fmt.Sprintf(format, args...)) }

// transaction is what "set ssl ..." prepares and "commit ssl ..." puts in force.
// There is one of each kind at a time, as in HAProxy, whose words these are.
type transaction[T any] struct {
	name string
	next *T // nil: there is none
}

// takes refuses another name than that of the transaction in progress.
func (t *transaction[T]) takes(name string) error {
	if t.next != nil && t.name != name {
		return says("The ongoing transaction is about '%s' but you are trying to set '%s'", t.name, name)
	}
	return nil
}

// set puts what was prepared into it, and reports whether that began it.
func (t *transaction[T]) set(name string, next *T) (begun bool) {
	begun = t.next == nil
	t.name, t.next = name, next
	return begun
}

// pending gives what is to be committed.
func (t *transaction[T]) pending(name string) (*T, error) {
	if t.next == nil {
		return nil, says("No ongoing transaction! !")
	}
	return t.next, t.takes(name)
}

// abort drops it.
func (t *transaction[T]) abort(name string) error {
	switch {
	case t.next == nil:
		return says("No ongoing transaction!")
	case t.name != name:
		return says("The ongoing transaction is about '%s' but you are trying to abort a transaction for '%s'", t.name, name)
	}
	t.next = nil
	return nil
}

// library holds files of one kind by their names: those of authorities, or of
// revocation lists.
type library[T any] struct {
	transaction[T]

	what  string // as "CA file"
	files map[string]*T
}

func (l *library[T]) sorted() []string { return slices.Sorted(maps.Keys(l.files)) }

// create adds a file that is to be filled.
func (l *library[T]) create(name string) error {
	if l.files[name] != nil {
		return says("%s '%s' already exists!", l.what, name)
	}
	l.files[name] = new(T)
	return nil
}

// prepare sets what a file is to hold; change makes that of what the transaction
// has, nil for none yet.
func (l *library[T]) prepare(name string, change func(pending *T) (*T, error)) (begun bool, err error) {
	if err := l.takes(name); err != nil {
		return false, err
	}
	if l.files[name] == nil {
		return false, says("Can't replace a %s which is not referenced by the configuration!", l.what)
	}
	next, err := change(l.next)
	if err != nil {
		return false, err
	}
	return l.set(name, next), nil
}

// commit puts what was prepared in the place of the file.
func (l *library[T]) commit(name string) error {
	next, err := l.pending(name)
	if err != nil {
		return err
	}
	l.files[name], l.next = next, nil
	return nil
}

// remove takes a file away that is not used.
func (l *library[T]) remove(name string, used bool) error {
	switch {
	case l.next != nil && l.name == name:
		return says("ongoing transaction for the %s '%s'", l.what, name)
	case l.files[name] == nil:
		return says("%s '%s' doesn't exist!", l.what, name)
	case used:
		return says("%s '%s' in use, can't be deleted!", l.what, name)
	}
	delete(l.files, name)
	return nil
}
