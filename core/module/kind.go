package module

import (
	"reflect"
)

// Stability says how far a module's behaviour and configuration are settled.
type Stability uint8

// The degrees of stability.
const (
	Stable Stability = iota
	Beta
	Experimental
)

// String gives the degree in lower case.
func (s Stability) String() string {
	switch s {
	case Beta:
		return "beta"
	case Experimental:
		return "experimental"
	}
	return "stable"
}

// Kind is a kind of modules whose instances are of type I.
type Kind[I any] struct{ name string }

// NewKind declares a kind. It is called once for each, by a package variable in core.
func NewKind[I any](name string) *Kind[I] { return &Kind[I]{name} }

// Name gives the kind's name, such as "balancer".
func (k *Kind[I]) Name() string { return k.name }

// Spec describes a module: C is its configuration, I what it makes of it.
type Spec[C, I any] struct {
	// Doc is one sentence for the reference, without a full stop.
	Doc string
	// Stability is Stable unless said otherwise.
	Stability Stability
	// Defaults gives the configuration before the user's is decoded over it; nil means C's zero value.
	Defaults func() C
	// New makes an instance. It is pure: it checks the configuration but opens
	// and starts nothing; see Preparer and Starter for that.
	New func(*Context, C) (I, error)
}

// entry is a registered module, its types hidden.
type entry struct {
	info   Info
	config reflect.Type // nil for a record
	record any          // the instance of a record
	build  func(ctx *Context, decode func(into any) error) (any, error)
}

// Entry is a registered module of a kind.
type Entry[I any] struct{ e *entry }

// Info tells what the module is and where it comes from.
func (e *Entry[I]) Info() Info { return e.e.info }

// ConfigType gives the type of the module's configuration, nil when it has none.
func (e *Entry[I]) ConfigType() reflect.Type { return e.e.config }

// Record gives a module that is a plain record, nil for others.
func (e *Entry[I]) Record() any { return e.e.record }

// Build makes an instance: decode, which may be nil, fills in a pointer to the
// configuration with its defaults set. The context may be nil for modules that need none.
func (e *Entry[I]) Build(ctx *Context, decode func(into any) error) (I, error) {
	v, err := e.e.build(ctx, decode)
	if err != nil {
		var none I
		return none, err
	}
	return v.(I), nil
}

// Register adds a module to the default registry; packages call it from init.
func Register[C, I any](k *Kind[I], name string, s Spec[C, I]) {
	add(Default(), k, name, specEntry(name, s), 1)
}

// RegisterIn adds a module to a registry, as tests do.
func RegisterIn[C, I any](r *Registry, k *Kind[I], name string, s Spec[C, I]) {
	add(r, k, name, specEntry(name, s), 1)
}

// RegisterRecord adds a module that is a plain record, without configuration,
// to the default registry: fetches, converters, matchers.
func RegisterRecord[I any](k *Kind[I], name, doc string, rec I) {
	add(Default(), k, name, recordEntry(doc, rec), 1)
}

// RegisterRecordIn is RegisterRecord for a registry.
func RegisterRecordIn[I any](r *Registry, k *Kind[I], name, doc string, rec I) {
	add(r, k, name, recordEntry(doc, rec), 1)
}

func specEntry[C, I any](name string, s Spec[C, I]) *entry {
	e := &entry{info: Info{Doc: s.Doc, Stability: s.Stability}, config: reflect.TypeFor[C]()}
	if s.New == nil {
		return e
	}
	e.build = func(ctx *Context, decode func(any) error) (any, error) {
		var cfg C
		if s.Defaults != nil {
			cfg = s.Defaults()
		}
		if decode != nil {
			if err := decode(&cfg); err != nil {
				return nil, err
			}
		}
		v, err := s.New(ctx, cfg)
		if err != nil {
			return nil, named(name, err)
		}
		return v, nil
	}
	return e
}

func recordEntry[I any](doc string, rec I) *entry {
	return &entry{
		info: Info{Doc: doc}, record: rec,
		build: func(*Context, func(any) error) (any, error) { return rec, nil },
	}
}

// Lookup finds a module by name; the error is an *UnknownError.
func (k *Kind[I]) Lookup(r *Registry, name string) (*Entry[I], error) {
	if e := r.find(k.name, name); e != nil {
		return &Entry[I]{e}, nil
	}
	return nil, unknown(r, k.name, name)
}

// Record finds a module that is a plain record; the error is an *UnknownError.
func (k *Kind[I]) Record(r *Registry, name string) (I, error) {
	if e := r.find(k.name, name); e != nil {
		if rec, ok := e.record.(I); ok {
			return rec, nil
		}
	}
	var none I
	return none, unknown(r, k.name, name)
}

// Names gives the names of the kind's modules, sorted.
func (k *Kind[I]) Names(r *Registry) []string { return r.names(k.name) }
