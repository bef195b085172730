package secure

import (
	"context"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// DNSKind is the kind of DNS providers: what puts records into zones, by which
// names are proven to authorities (DNS-01).
var DNSKind = module.NewKind[DNS]("dns")

// DNS changes zones. Other records of the same name stay as they are.
type DNS interface {
	// Append adds a TXT record.
	Append(ctx context.Context, r TXT) error
	// Delete removes it again. One that is not there is no error.
	Delete(ctx context.Context, r TXT) error
}

// TXT is a TXT record.
type TXT struct {
	Zone string        // fully qualified, such as "example.com."
	Name string        // below the zone, such as "_acme-challenge.www"
	Text string        // the value
	TTL  time.Duration // how long others may keep it
}
