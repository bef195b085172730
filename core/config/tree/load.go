package tree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Load reads files, and of directories all files *.toml in the order of their
// names, into one tree. Tables at the top level merge; a name below them that is
// defined in two files is an error, except that [[arrays of tables]] grow. The
// error is an *Errors; the tree that comes with it is what could be read.
func Load(paths []string, env Env) (*Node, error) {
	errs := &Errors{}
	var names []string
	for _, path := range paths {
		found, err := list(path)
		if err != nil {
			errs.At(Pos{}, "", "%s", readError(path, err))
		}
		names = append(names, found...)
	}
	root := NewTable("", "", Pos{}, nil)
	for _, name := range names {
		text, err := readFile(name)
		if err != nil {
			errs.At(Pos{}, "", "%s", readError(name, err))
			continue
		}
		src := newSource(name, strings.TrimPrefix(string(text), "\ufeff"))
		if n := parse(src, env, errs); n != nil {
			root.merge(n, errs)
		}
	}
	return root, errs.Err()
}

// maxFile is the length of the longest file that is read: a mistaken path must
// not take a running process's memory.
const maxFile = 64 << 20

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = errors.New("the file is larger than 64 MiB")
	}
	return text, err
}

// list gives the files that a path names.
func list(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, nil // what is wrong with it shows when it is read
	}
	entries, err := os.ReadDir(path) // sorted by name
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".toml") && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if len(names) == 0 {
		return nil, errors.New("the directory has no files *.toml")
	}
	return names, nil
}

func readError(path string, err error) string {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return path + ": " + err.Error()
}

// merge adds another file's tree to the root.
func (n *Node) merge(other *Node, errs *Errors) {
	if n.Pos.IsZero() {
		n.Pos, n.KeyPos = other.Pos, other.KeyPos
	}
	for _, section := range other.Children {
		had := n.Get(section.Key)
		switch {
		case had == nil:
			n.Children = append(n.Children, section)
		case had.Kind == Table && section.Kind == Table:
			for _, c := range section.Children {
				had.mergeChild(c, errs)
			}
		default:
			n.mergeChild(section, errs)
		}
	}
}

func (n *Node) mergeChild(c *Node, errs *Errors) {
	had := n.Get(c.Key)
	switch {
	case had == nil:
		n.Children = append(n.Children, c)
	case had.tables && c.tables:
		for _, e := range c.Children {
			e.rename(len(e.Path), element(had.Path, len(had.Children)))
			had.Children = append(had.Children, e)
		}
	default:
		errs.OnKey(c, "%q is already defined at %v", c.Key, had.KeyPos)
	}
}

// rename replaces the first length bytes of the paths of n and all below it.
func (n *Node) rename(length int, path string) {
	n.Path = path + n.Path[length:]
	for _, c := range n.Children {
		c.rename(length, path)
	}
}
