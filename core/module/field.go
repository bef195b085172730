package module

import (
	"errors"
	"fmt"
)

// FieldError says which field of a module's configuration an error is about. New
// may give one, or several by errors.Join; users see each at the field's place in
// their file.
type FieldError struct {
	Field string // the key in the file; one that is deeper as "steps[1].send"
	Err   error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// Wrong makes a FieldError. The text says what is wrong with the field's value, and
// what to write instead.
func Wrong(field, format string, args ...any) error {
	return &FieldError{field, fmt.Errorf(format, args...)}
}

// named puts a module's name in front of its errors but those of fields, which have
// a place of their own.
func named(name string, err error) error {
	switch all := err.(type) { //nolint:errorlint // each layer is looked at in turn
	case *FieldError:
		return err
	case interface{ Unwrap() []error }:
		var list []error
		for _, one := range all.Unwrap() {
			list = append(list, named(name, one))
		}
		return errors.Join(list...)
	}
	return fmt.Errorf("%s: %w", name, err)
}
