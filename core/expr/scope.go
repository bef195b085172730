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

	// MergeSpaces has formats begin without a space and have one where several
	// stand, as those of logs always do (HAProxy manual section 8.2.6).
	MergeSpaces bool
	// Uses takes up what is kept or counted only where something reads it; all
	// scopes of a configuration share it.
	Uses *Uses

	acls map[string]*acl
}

// Uses is what the expressions and formats of a configuration read besides logs.
type Uses struct {
	RequestLine bool // the request's first line as it came
	Number      bool // the number of the stream
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

// read notes what an expression or a format reads.
func (sc *Scope) read(u Uses) {
	sc.Uses.RequestLine = sc.Uses.RequestLine || u.RequestLine && sc.Phase != Log
	sc.Uses.Number = sc.Uses.Number || u.Number
}

// NewScope makes a scope without ACLs.
func NewScope(r *module.Registry, p Phase) *Scope {
	return &Scope{Registry: r, Phase: p, HTTP: true, Vars: NewVarNames(), Captures: new(Captures), Uses: new(Uses), acls: map[string]*acl{}}
}

// In gives the scope for another phase, with the same ACLs, variables and proxies.
func (sc *Scope) In(p Phase) *Scope {
	c := *sc
	c.Phase = p
	return &c
}
