package acme

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
)

// clock is a time that stands still.
type clock struct {
	module.RealClock
	now time.Time
}

func (c *clock) Now() time.Time { return c.now }

// refusing makes a demand whose gate nobody reaches.
func refusing(t *testing.T, c *clock, dial func() error) *demand {
	t.Helper()
	ctx := module.NewContext(module.ContextOptions{Clock: c, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, dial()
	}})
	t.Cleanup(func() {
		if err := ctx.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	d, err := newDemand(ctx, &OnDemand{Ask: "http://gate.example/", Rate: Rate{2, time.Minute}, MaxNames: 1})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A name that was refused is not asked for again for a while.
func TestRefusalsAreRemembered(t *testing.T) {
	c, dials := &clock{now: time.Unix(0, 0)}, 0
	d := refusing(t, c, func() error { dials++; return errors.New("down") })
	for _, want := range []int{1, 1, 2} {
		if err := d.Obtain(t.Context(), "A.example.com."); err == nil || !strings.Contains(err.Error(), "down") {
			t.Errorf("asking somebody who is down: %v", err)
		}
		if dials != want {
			t.Errorf("the gate was asked %d times, want %d", dials, want)
		}
		if want == 1 {
			c.now = c.now.Add(refusedFor / 2)
		}
	}
}

// However many names clients come with, few are worked on at a time.
func TestFlightsAreFew(t *testing.T) {
	end := make(chan struct{})
	d := refusing(t, &clock{}, func() error { <-end; return errors.New("down") })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range maxFlights {
		if err := d.Obtain(ctx, fmt.Sprintf("n%d.example.com", i)); !errors.Is(err, context.Canceled) {
			t.Fatalf("name %d: %v", i, err)
		}
	}
	if err := d.Obtain(ctx, "more.example.com"); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("one more: %v", err)
	}
	close(end)
}

func TestLimits(t *testing.T) {
	c := &clock{now: time.Unix(0, 0)}
	d := refusing(t, c, func() error { return nil })
	if err := errors.Join(d.slow(), d.slow()); err != nil {
		t.Fatal(err)
	}
	if d.slow() == nil {
		t.Error("the rate lets a third pass in a minute")
	}
	c.now = c.now.Add(time.Minute)
	if err := d.slow(); err != nil {
		t.Errorf("a minute later: %v", err)
	}
	if err := errors.Join(d.reserve("a.example.com"), d.reserve("a.example.com")); err != nil {
		t.Fatal(err)
	}
	if err := d.reserve("b.example.com"); err == nil || !strings.Contains(err.Error(), "max-names") {
		t.Errorf("a name too many: %v", err)
	}
	d.free("a.example.com")
	if err := d.reserve("b.example.com"); err != nil {
		t.Error(err)
	}
}
