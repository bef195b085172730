package secure

import (
	"crypto/x509"
	"time"
)

// Keeper is a source that tells of its certificates.
type Keeper interface {
	// Certificates gives the state of each name, by name.
	Certificates() []State
	// Renew gets a new certificate for a name, in the background.
	Renew(name string) error
}

// Editor is a source whose names can be changed while it runs, until the
// configuration is read again.
type Editor interface {
	// Add adds a name, whose certificate is obtained in the background.
	Add(name string) error
	// Remove takes a name away. What is stored stays.
	Remove(name string) error
}

// State is that of a name.
type State struct {
	Name    string
	Leaf    *x509.Certificate // nil: there is none yet
	Renewal time.Time         // when it is to be renewed; the authority may wish for another time
	Running bool              // it is being obtained or renewed
	Err     error             // why the last try failed; nil when it did not
}
