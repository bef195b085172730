// Package storagetest checks what every storage must do.
//
//	storagetest.Laws(t, "acme.bucket", `url = "..."`)
//
// It is for tests alone.
package storagetest

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/storage"
)

// limit is longer than anything here takes.
const limit = 20 * time.Second

// Laws checks what every storage must do, with a configuration of an empty
// place: it gives back what was stored, whole, also after another instance
// stored it; what is not there is fs.ErrNotExist; it lists and deletes keys by
// path; and a lock has one holder, of all instances, and those who wait for it
// stop when they are told to.
func Laws(t *testing.T, name, config string) {
	t.Helper()
	a := moduletest.Start(t, storage.Kind, name, config)
	b := moduletest.Start(t, storage.Kind, name, config)
	t.Run("values", func(t *testing.T) { values(t, a, b) })
	t.Run("paths", func(t *testing.T) { paths(t, a) })
	t.Run("locks", func(t *testing.T) { locks(t, a, b) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, a, b) })
}

func timed(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// awkward are values that a storage might not keep as they are.
var awkward = []string{"", "text", "\x00\xff\r\n", string(make([]byte, 100_000))}

func values(t *testing.T, a, b storage.Storage) {
	ctx := timed(t)
	const key = "laws/site.example/a.key"
	if _, err := a.Load(ctx, key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of what is not there: %v, want fs.ErrNotExist", err)
	}
	if _, err := a.Stat(ctx, key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat of what is not there: %v, want fs.ErrNotExist", err)
	}
	if err := a.Delete(ctx, key); err != nil {
		t.Errorf("Delete of what is not there: %v, want no error", err)
	}
	for _, v := range awkward {
		if err := a.Store(ctx, key, []byte(v)); err != nil {
			t.Fatalf("Store: %v", err)
		}
		got, err := b.Load(ctx, key)
		if err != nil || string(got) != v {
			t.Errorf("another instance of the same configuration loads %d bytes, not the %d that were stored: %v; store before Store returns, and bytes as they are", len(got), len(v), err)
		}
		info, err := b.Stat(ctx, key)
		if err != nil || info.Key != key || info.Size != int64(len(v)) || !info.Terminal || info.Modified.IsZero() {
			t.Errorf("Stat of %d bytes gives %+v, error %v: fill in Key, Size and Modified, and set Terminal", len(v), info, err)
		}
	}
	if !b.Exists(ctx, key) || !b.Exists(ctx, "laws/site.example") || b.Exists(ctx, "laws/site") {
		t.Errorf("Exists of %s, what it stands below, and laws/site: %v, %v, %v; want true for keys and what they stand below, and false for parts of a name", key, b.Exists(ctx, key), b.Exists(ctx, "laws/site.example"), b.Exists(ctx, "laws/site"))
	}
	if err := b.Delete(ctx, "laws"); err != nil || a.Exists(ctx, key) {
		t.Errorf("after Delete of laws, %s is there: %v, error %v; remove all below a path", key, a.Exists(ctx, key), err)
	}
}

func paths(t *testing.T, s storage.Storage) {
	ctx := timed(t)
	for _, key := range []string{"list/a", "list/b/c", "list/b/d/e", "other/x"} {
		if err := s.Store(ctx, key, []byte("v")); err != nil {
			t.Fatal(err)
		}
	}
	for recursive, want := range map[bool][]string{false: {"list/a", "list/b"}, true: {"list/a", "list/b/c", "list/b/d/e"}} {
		got, err := s.List(ctx, "list", recursive)
		// Those who list all may be given the paths between, too.
		got = slices.DeleteFunc(got, func(k string) bool { return recursive && (k == "list/b" || k == "list/b/d") })
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("List, recursive %v: %q, %v, want %q", recursive, got, err, want)
		}
	}
	for _, key := range []string{"list", "other"} {
		if err := s.Delete(ctx, key); err != nil {
			t.Error(err)
		}
	}
}

// locks has two instances count together, which goes wrong when both hold the lock.
func locks(t *testing.T, a, b storage.Storage) {
	ctx := timed(t)
	const name, rounds = "laws-lock", 20
	holders := make(chan struct{}, 1)
	errs := make(chan error, 2)
	for _, s := range []storage.Storage{a, b} {
		go func() {
			for range rounds {
				if err := s.Lock(ctx, name); err != nil {
					errs <- err
					return
				}
				select {
				case holders <- struct{}{}:
				default:
					errs <- errors.New("two hold the lock at a time")
					return
				}
				<-holders
				if err := s.Unlock(ctx, name); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func cancelled(t *testing.T, a, b storage.Storage) {
	ctx := timed(t)
	if err := a.Lock(ctx, "laws-held"); err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := b.Lock(short, "laws-held"); err == nil {
		t.Error("a lock that another holds was given")
	} else if took := time.Since(begin); took > limit/2 {
		t.Errorf("Lock waits for %v, and its context ended after 100ms", took)
	}
	if err := a.Unlock(ctx, "laws-held"); err != nil {
		t.Error(err)
	}
}
