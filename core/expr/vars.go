package expr

import (
	"strings"
	"sync"
)

// varScope is how long a variable lives (HAProxy manual section 2.8).
type varScope uint8

const (
	procVar varScope = iota
	sessVar
	txnVar
	reqVar
	resVar
	varScopes
)

var varScopeNames = [varScopes]string{"proc", "sess", "txn", "req", "res"}

func hasVarScope(name string) bool {
	scope, _, ok := strings.Cut(name, ".")
	for _, s := range varScopeNames {
		if ok && s == scope {
			return true
		}
	}
	return false
}

// VarRef is a variable that a configuration names.
type VarRef struct {
	Name  string
	scope varScope
	id    int
	names *VarNames
}

// VarNames numbers the variables of a configuration, and holds those of the process.
type VarNames struct {
	mu   sync.Mutex
	ids  map[string]int
	proc map[int]Sample
}

// NewVarNames makes an empty set.
func NewVarNames() *VarNames {
	return &VarNames{ids: map[string]int{}, proc: map[int]Sample{}}
}

// VarNamed finds or makes the variable with the full name, such as "txn.user".
func (sc *Scope) VarNamed(name string) (*VarRef, error) {
	prefix, rest, ok := strings.Cut(name, ".")
	for i, s := range varScopeNames {
		if ok && s == prefix && validVar(rest) {
			return sc.Vars.ref(name, varScope(i)), nil
		}
	}
	return nil, &Error{Msg: "invalid variable name " + quote(name), Hint: "write proc., sess., txn., req. or res. and then letters, digits, '.' or '_', as in txn.user"}
}

func validVar(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' {
			return false
		}
	}
	return name != ""
}

func (v *VarNames) ref(name string, scope varScope) *VarRef {
	v.mu.Lock()
	defer v.mu.Unlock()
	id, ok := v.ids[name]
	if !ok {
		id = len(v.ids)
		v.ids[name] = id
	}
	return &VarRef{Name: name, scope: scope, id: id, names: v}
}

// Vars holds the variables of one stream and its session. The zero Vars is
// empty and ready for use.
type Vars struct {
	list []variable
}

type variable struct {
	id    int
	scope varScope
	set   bool
	value Sample
	bytes []byte // storage of value.Bytes, kept for the next value
}

// Set sets a variable to a copy of s.
func (v *Vars) Set(r *VarRef, s *Sample) {
	if r.scope == procVar {
		c := *s
		c.Bytes = append([]byte(nil), s.Bytes...)
		r.names.mu.Lock()
		r.names.proc[r.id] = c
		r.names.mu.Unlock()
		return
	}
	x := v.slot(r)
	x.bytes = append(x.bytes[:0], s.Bytes...)
	x.value, x.set = *s, true
	x.value.Bytes = x.bytes
}

func (v *Vars) slot(r *VarRef) *variable {
	for i := range v.list {
		if v.list[i].id == r.id {
			return &v.list[i]
		}
	}
	v.list = append(v.list, variable{id: r.id, scope: r.scope})
	return &v.list[len(v.list)-1]
}

// Get sets s to the variable's value and reports whether it has one.
func (v *Vars) Get(r *VarRef, s *Sample) bool {
	if r.scope == procVar {
		r.names.mu.Lock()
		defer r.names.mu.Unlock()
		x, ok := r.names.proc[r.id]
		if ok {
			*s = x
		}
		return ok
	}
	for i := range v.list {
		if x := &v.list[i]; x.id == r.id && x.set {
			*s = x.value
			return true
		}
	}
	return false
}

// Unset removes a variable's value.
func (v *Vars) Unset(r *VarRef) {
	if r.scope == procVar {
		r.names.mu.Lock()
		delete(r.names.proc, r.id)
		r.names.mu.Unlock()
		return
	}
	for i := range v.list {
		if v.list[i].id == r.id {
			v.list[i].set = false
		}
	}
}

// Session reports whether a variable of the session has a value.
func (v *Vars) Session() bool {
	for i := range v.list {
		if v.list[i].scope == sessVar && v.list[i].set {
			return true
		}
	}
	return false
}

// NewRequest forgets what belongs to the request before: txn, req and res variables.
func (v *Vars) NewRequest() { v.forget(txnVar) }

// NewSession forgets all but the process's variables.
func (v *Vars) NewSession() { v.forget(sessVar) }

func (v *Vars) forget(from varScope) {
	for i := range v.list {
		if v.list[i].scope >= from {
			v.list[i].set = false
		}
	}
}
