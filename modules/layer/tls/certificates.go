package tls

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/secure"
)

// Certificate is one that clients may be given.
type Certificate struct {
	secure.State
	// Issuer is the [acme.NAME] section that it comes from, "" for a file, whose
	// name State.Name is then.
	Issuer string
}

// Certificates lists those of files, then those that come by themselves.
func (l *Layer) Certificates() []Certificate {
	var list []Certificate
	if l.store != nil {
		for _, p := range l.store.Pairs() {
			one := Certificate{State: secure.State{Name: p.File()}}
			if c, err := p.Certificate(); err == nil {
				one.Leaf = c.Leaf
			}
			list = append(list, one)
		}
	}
	for _, issuer := range slices.Sorted(maps.Keys(l.issuers)) {
		if k, ok := l.issuers[issuer].(secure.Keeper); ok {
			for _, s := range k.Certificates() {
				list = append(list, Certificate{s, issuer})
			}
		}
	}
	return list
}

// RenewCertificate gets a new certificate for a name.
func (l *Layer) RenewCertificate(name string) error {
	name = strings.ToLower(name)
	keepers := map[string]secure.Keeper{}
	for _, c := range l.Certificates() {
		if c.Issuer != "" && c.Name == name {
			keepers[c.Issuer] = l.issuers[c.Issuer].(secure.Keeper)
		}
	}
	if len(keepers) == 0 {
		return fmt.Errorf("no certificate for %q comes by itself", name)
	}
	for _, issuer := range slices.Sorted(maps.Keys(keepers)) {
		if err := keepers[issuer].Renew(name); err != nil {
			return err
		}
	}
	return nil
}

// AddCertificate has an issuer get a certificate for one more name, until the
// configuration is read again. The issuer may be "" where there is but one.
func (l *Layer) AddCertificate(name, issuer string) error {
	e, err := l.editor(issuer)
	if err != nil {
		return err
	}
	return e.Add(name)
}

// RemoveCertificate takes a name away from an issuer.
func (l *Layer) RemoveCertificate(name, issuer string) error {
	e, err := l.editor(issuer)
	if err != nil {
		return err
	}
	return e.Remove(name)
}

func (l *Layer) editor(issuer string) (secure.Editor, error) {
	names := slices.Sorted(maps.Keys(l.issuers))
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("no certificates come by themselves: no bind has tls with acme")
	case issuer == "" && len(names) > 1:
		return nil, fmt.Errorf("say which issuer: %s", strings.Join(names, ", "))
	}
	issuer = cmp.Or(issuer, names[0])
	s := l.issuers[issuer]
	if s == nil {
		return nil, fmt.Errorf("there is no issuer %q: say one of %s", issuer, strings.Join(names, ", "))
	}
	e, ok := s.(secure.Editor)
	if !ok {
		return nil, fmt.Errorf("the names of the issuer %q cannot be changed", issuer)
	}
	return e, nil
}
