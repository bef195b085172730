package acme

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/fairleadproxy/fairlead/modules/certs/internal/managed"
)

// ask asks whether a name may have a certificate.
func (d *demand) ask(ctx context.Context, name string) error {
	u := *d.url
	q := u.Query()
	q.Set("domain", name)
	u.RawQuery = q.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	answer, err := d.client.Do(r)
	if err != nil {
		return fmt.Errorf("asking for %s: %w", name, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%w for %s: %s answered %d", managed.ErrUnwanted, name, d.o.Ask, answer.StatusCode)
	}
	return nil
}

// renewable asks again.
func (d *demand) renewable(ctx context.Context, name string) error {
	err := d.ask(ctx, name)
	if errors.Is(err, managed.ErrUnwanted) {
		d.free(name)
	}
	return err
}

func (d *demand) free(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.names, name)
}

// reserve takes one of the places for names.
func (d *demand) reserve(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.names[name] && len(d.names) >= d.o.MaxNames {
		return fmt.Errorf("there are %d names with certificates on demand already: raise max-names", len(d.names))
	}
	d.names[name] = true
	return nil
}

// slow keeps to the rate.
func (d *demand) slow() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.ctx.Clock().Now()
	for len(d.recent) > 0 && now.Sub(d.recent[0]) >= d.o.Rate.Per {
		d.recent = d.recent[1:]
	}
	if len(d.recent) >= d.o.Rate.Count {
		return fmt.Errorf("%v certificates were obtained already: rate allows no more", d.o.Rate)
	}
	d.recent = append(d.recent, now)
	return nil
}
