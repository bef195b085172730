package cli

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fairleadproxy/fairlead/core/trust"
)

// trustStore is where a system keeps the certificates that an administrator trusts.
type trustStore struct {
	dir, suffix string
	update      []string // takes in what was added
	refresh     []string // gives up what was removed
}

// trustStores are those of Debian, Fedora and Arch, and of those made of them.
var trustStores = []trustStore{
	{"/usr/local/share/ca-certificates", ".crt", []string{"update-ca-certificates"}, []string{"update-ca-certificates", "--fresh"}},
	{"/etc/pki/ca-trust/source/anchors", ".pem", []string{"update-ca-trust"}, []string{"update-ca-trust"}},
	{"/etc/ca-certificates/trust-source/anchors", ".crt", []string{"trust", "extract-compat"}, []string{"trust", "extract-compat"}},
}

// findStore gives the system's store.
func findStore() (*trustStore, error) {
	for i := range trustStores {
		s := &trustStores[i]
		if _, err := program(s.update[0]); err == nil {
			if info, err := os.Stat(s.dir); err == nil && info.IsDir() {
				return s, nil
			}
		}
	}
	return nil, errors.New("this system keeps trusted certificates in a place that is not known here: write fairlead trust --print > FILE, and add the file by hand")
}

// program finds a program of administrators, also for users without sbin in PATH.
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	path = filepath.Join("/usr/sbin", name)
	if _, err := os.Stat(path); err != nil {
		return "", err
	}
	return path, nil
}

// rootPrefix is what the names of our files begin with.
const rootPrefix = "fairlead-"

// add adds a root and gives the file.
func (s *trustStore) add(root trust.Root) (string, error) {
	sum := sha256.Sum256(root.DER)
	file := filepath.Join(s.dir, fmt.Sprintf("%s%x%s", rootPrefix, sum[:6], s.suffix))
	if err := os.WriteFile(file, root.PEM, 0o644); err != nil {
		return "", err
	}
	return file, runUpdate(s.update)
}

// remove removes all that add added, and gives the files.
func (s *trustStore) remove() ([]string, error) {
	list, err := filepath.Glob(filepath.Join(s.dir, rootPrefix+"*"+s.suffix))
	if err != nil || len(list) == 0 {
		return nil, err
	}
	for i, file := range list {
		if err := os.Remove(file); err != nil {
			return list[:i], err
		}
	}
	return list, runUpdate(s.refresh)
}

func runUpdate(command []string) error {
	path, err := program(command[0])
	if err != nil {
		return err
	}
	if out, err := exec.Command(path, command[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", command[0], err, out)
	}
	return nil
}
