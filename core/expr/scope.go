package expr

import (
	"github.com/fairleadproxy/fairlead/core/module"
)

// Scope is what is known where an expression stands, while a configuration is loaded.
type Scope struct {
	Registry *module.Registry
	// Phase is when the expression will be evaluated.
	Phase Phase
	// HTTP reports whether the proxy is in HTTP mode.
	HTTP bool
	// Table finds frontends and backends that are named, nil when names are
	// not to be checked.
	Table ProxyTable
	// Userlists finds a userlist by name.
	Userlists func(name string) (Userlist, bool)
	// Vars numbers the names of variables; all scopes of a configuration share it.
	Vars *VarNames
	// ReadFile reads a pattern file; nil means from the file system.
	ReadFile func(name string) ([]byte, error)
	// Captures counts the places for captured values in log lines, which all scopes
	// of a frontend share; nil where there are none, as in a backend.
	Captures *Captures

	acls map[string]*acl
}

// Captures counts a frontend's places for captured values.
type Captures struct{ Request, Response int }

// Userlist checks users' passwords.
type Userlist interface {
	// Check reports whether the password is the user's.
	Check(user, password string) bool
	// Groups gives the groups of the user.
	Groups(user string) []string
}

// NewScope makes a scope without ACLs.
func NewScope(r *module.Registry, p Phase) *Scope {
	return &Scope{Registry: r, Phase: p, HTTP: true, Vars: NewVarNames(), Captures: new(Captures), acls: map[string]*acl{}}
}

// In gives the scope for another phase, with the same ACLs, variables and proxies.
func (sc *Scope) In(p Phase) *Scope {
	c := *sc
	c.Phase = p
	return &c
}
