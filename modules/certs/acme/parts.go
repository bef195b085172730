package acme

import (
	"context"

	"github.com/caddyserver/certmagic"
	"github.com/libdns/libdns"
	"go.uber.org/zap"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/storage"
)

// part makes a module that the source uses; its life is the source's.
func part[I any](s *Source, kind *module.Kind[I], m *tree.Module) (I, error) {
	var none I
	entry, err := kind.Lookup(s.ctx.Registry(), m.Type)
	if err != nil {
		return none, err
	}
	x, err := entry.Build(s.ctx, m.Decode)
	if err != nil {
		return none, err
	}
	s.parts.Add(x)
	return x, nil
}

// kept is a storage as certmagic wants it.
type kept struct{ storage.Storage }

// Stat tells of a key.
func (k kept) Stat(ctx context.Context, key string) (certmagic.KeyInfo, error) {
	i, err := k.Storage.Stat(ctx, key)
	return certmagic.KeyInfo{Key: i.Key, Modified: i.Modified, Size: i.Size, IsTerminal: i.Terminal}, err
}

// solver proves names by records in their zones.
func (s *Source) solver() (*certmagic.DNS01Solver, error) {
	dns, err := part(s, secure.DNSKind, &s.c.DNS)
	if err != nil {
		return nil, err
	}
	return &certmagic.DNS01Solver{DNSManager: certmagic.DNSManager{
		DNSProvider: zones{dns}, Resolvers: s.c.DNSResolvers, Logger: zap.NewNop(),
		PropagationDelay: s.c.DNSPropagationDelay, PropagationTimeout: s.c.DNSPropagationTimeout,
	}}, nil
}

// zones is a DNS provider as certmagic wants it.
type zones struct{ dns secure.DNS }

// AppendRecords adds records.
func (z zones) AppendRecords(ctx context.Context, zone string, list []libdns.Record) ([]libdns.Record, error) {
	return list, each(ctx, zone, list, z.dns.Append)
}

// DeleteRecords removes records.
func (z zones) DeleteRecords(ctx context.Context, zone string, list []libdns.Record) ([]libdns.Record, error) {
	return list, each(ctx, zone, list, z.dns.Delete)
}

func each(ctx context.Context, zone string, list []libdns.Record, change func(context.Context, secure.TXT) error) error {
	for _, one := range list {
		r := one.RR()
		if err := change(ctx, secure.TXT{Zone: zone, Name: r.Name, Text: r.Data, TTL: r.TTL}); err != nil {
			return err
		}
	}
	return nil
}
