package tls

import (
	"slices"

	"github.com/fairleadproxy/fairlead/core/config"
	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/secure"
)

// issuer gives the source of a bind's certificates, making it if it is the first.
func (b *builder) issuer(t *config.BindTLS) secure.Source {
	name := t.Issuer.Value
	if s := b.issuers[name]; s != nil {
		return s
	}
	m := tree.Module{Type: "acme", Pos: t.Pos}
	i := slices.IndexFunc(b.cfg.ACME, func(a *config.ACME) bool { return a.Name == name })
	switch {
	case i >= 0:
		m = b.cfg.ACME[i].Module
	case name == internal:
		m.Type, m.Pos, m.Path = internal, t.Issuer.Pos, t.Issuer.Path
	case name != "default":
		known := []string{internal}
		for _, a := range b.cfg.ACME {
			known = append(known, a.Name)
		}
		t.Issuer.Fail(b.errs, 0, "there is no section [acme.%s]", name).Suggest(name, known)
		return nil
	}
	s, ok := layer.Instance(b.build, secure.Kind, &m)
	if !ok {
		return nil
	}
	b.issuers[name] = s
	b.sources = append(b.sources, s)
	return s
}

// internal is the issuer that needs no section.
const internal = "internal"

// manage tells the sources which names are wanted, and where authorities find
// this process.
func (b *builder) manage() {
	http := 0
	for _, f := range b.cfg.Frontends {
		if !f.HTTP() || f.Disabled {
			continue
		}
		for _, bind := range f.Bind {
			if p := bind.FirstPort(); bind.TLS == nil && (http == 0 || p == 80) {
				http = p
			}
		}
	}
	for _, f := range b.cfg.Frontends {
		for _, bind := range f.Bind {
			if bind.TLS == nil || !bind.TLS.Managed() || b.issuers[bind.TLS.Issuer.Value] == nil {
				continue
			}
			names := []tree.Text(bind.TLS.ACME)
			if len(names) == 0 {
				names = []tree.Text{{Pos: bind.TLS.Issuer.Pos, Path: bind.TLS.Issuer.Path}}
			}
			for _, n := range names {
				if err := b.issuers[bind.TLS.Issuer.Value].Manage(n.Value, http, bind.FirstPort()); err != nil {
					n.Fail(b.errs, 0, "%v", err)
				}
			}
		}
	}
}
