package acme

import (
	"context"

	"github.com/caddyserver/certmagic"
	"github.com/libdns/libdns"
	"go.uber.org/zap"

	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/modules/certs/internal/managed"
)

// newSolver proves names by records in their zones.
func (s *Source) newSolver() (*certmagic.DNS01Solver, error) {
	dns, err := managed.Part(s.Manager, secure.DNSKind, &s.c.DNS)
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
