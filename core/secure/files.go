package secure

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files are where a certificate and what goes with it are read from. Of an empty
// name other than Crt, the file of Crt's name with ".key", ".ocsp", ".issuer" or
// ".sctl" behind it is read, if there is one.
type Files struct {
	Crt, Key, OCSP, Issuer, SCTL string
	// Update keeps the OCSP response up to date (ocsp-update).
	Update bool
	// Alone has none but the files named read.
	Alone bool
	// Bundled is set by Expand for a certificate of several that one name stands for.
	Bundled bool
}

// reserved are the endings of the files that go with a certificate's.
var reserved = []string{".key", ".issuer", ".ocsp", ".sctl"}

// bundled are the endings of a bundle's files.
var bundled = []string{".ecdsa", ".rsa"}

// Expand gives the certificates that a name stands for: a file; of a directory
// all files but those that go with others, by name; of NAME the bundle of
// NAME.ecdsa and NAME.rsa; and what was declared as "@STORE/NAME" or by its file.
func (s *Store) Expand(name string) ([]Files, error) {
	if f, ok := s.declared[name]; ok {
		return []Files{f}, nil
	}
	if strings.HasPrefix(name, "@") {
		return nil, &UnknownError{Name: name, Known: s.Declared()}
	}
	path := Under(s.Base, name)
	if f, ok := s.declared[path]; ok {
		return []Files{f}, nil
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.bundle(path, err)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	if !info.IsDir() {
		return []Files{{Crt: path, Update: s.Update}}, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, unreadable(err)
	}
	var list []Files
	for _, e := range entries {
		if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(reserved, filepath.Ext(e.Name())) {
			list = append(list, Files{Crt: filepath.Join(path, e.Name()), Update: s.Update})
		}
	}
	return list, nil
}

// UnknownError is about a name that no store declares.
type UnknownError struct {
	Name  string
	Known []string
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no section [crt-store.NAME] loads %q", e.Name)
}

func (s *Store) bundle(path string, missing error) ([]Files, error) {
	var list []Files
	for _, ext := range bundled {
		if s.Extra.Without["bundle"] {
			break
		}
		if _, err := os.Stat(path + ext); err == nil {
			list = append(list, Files{Crt: path + ext, Update: s.Update, Bundled: true})
		}
	}
	if list == nil {
		return nil, unreadable(missing)
	}
	return list, nil
}

// Under gives a path below a directory, unless it is absolute or the directory is "".
func Under(dir, path string) string {
	if dir == "" || path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// unreadable makes the error of a system call end with what to do, where that is known.
func unreadable(err error) error {
	var pe *fs.PathError
	if !errors.As(err, &pe) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", pe.Path, errMissing)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: %w", pe.Path, errForbidden)
	}
	return fmt.Errorf("%s: %w", pe.Path, pe.Err)
}

var (
	errMissing   = errors.New("no such file or directory")
	errForbidden = errors.New("permission denied: make it readable for the user who starts Fairlead")
)

// optional reads a file that need not be there.
func optional(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return b, nil
}

// beside gives the text of the file that goes with a certificate: the one named,
// or the one of the certificate's name with ext; nil when there is none.
func (s *Store) beside(f *Files, named, ext string) ([]byte, error) {
	switch {
	case named != "":
		b, err := os.ReadFile(named)
		if err != nil {
			return nil, unreadable(err)
		}
		return b, nil
	case f.Alone || s.Extra.Without[ext]:
		return nil, nil
	}
	return optional(s.Extra.name(f.Crt, ext))
}

// Extra says which files beside certificates' are read.
type Extra struct {
	// Without are the endings of those that are not, and "bundle".
	Without map[string]bool
	// DelExt puts the endings in the place of ".crt".
	DelExt bool
}

// crtExt is the ending that DelExt takes away.
const crtExt = ".crt"

func (x *Extra) name(crt, ext string) string {
	if x.DelExt {
		crt = strings.TrimSuffix(crt, crtExt)
	}
	return crt + ext
}
