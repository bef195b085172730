package valkey

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/storagetest"
	"github.com/fairleadproxy/fairlead/core/storage"
	"github.com/fairleadproxy/fairlead/integration/lab"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, storage.Kind, "valkey", `address = "`+lab.Redis(t)+`"`)
}

func TestLaws(t *testing.T) {
	storagetest.Laws(t, "valkey", `address = "`+lab.Redis(t)+`"`)
}

// open connects to a server.
func open(t *testing.T, address string, timeout time.Duration) *Storage {
	t.Helper()
	x, err := New(nil, Config{Address: []string{address}, Prefix: "test", LockTimeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	s := x.(*Storage)
	if err := s.Prepare(module.NewContext(module.ContextOptions{})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestNobodyThere(t *testing.T) {
	x, err := New(nil, Config{Address: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.(*Storage).Prepare(nil); err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("preparing: %v", err)
	}
}

func TestValues(t *testing.T) {
	s, ctx := open(t, lab.Redis(t), time.Minute), context.Background()
	for key, value := range map[string]string{"a/b/one": "1", "a/b/two": "22", "a/c*": "\x00\xff", "ab": "x"} {
		if err := s.Store(ctx, key, []byte(value)); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := s.Load(ctx, "a/c*"); err != nil || string(b) != "\x00\xff" {
		t.Errorf("loaded %q, %v", b, err)
	}
	if _, err := s.Load(ctx, "a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("loading what is no value: %v", err)
	}
	if i, err := s.Stat(ctx, "a/b/two"); err != nil || i.Size != 2 || !i.Terminal || time.Since(i.Modified) > time.Minute {
		t.Errorf("a value: %+v, %v", i, err)
	}
	if i, err := s.Stat(ctx, "a/b"); err != nil || i.Terminal {
		t.Errorf("a directory: %+v, %v", i, err)
	}
	if _, err := s.Stat(ctx, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
	for _, c := range []struct {
		path      string
		recursive bool
		want      []string
	}{
		{"a", false, []string{"a/b", "a/c*"}},
		{"a", true, []string{"a/b/one", "a/b/two", "a/c*"}},
		{"a/b", false, []string{"a/b/one", "a/b/two"}},
		{"", false, []string{"a", "ab"}},
	} {
		got, err := s.List(ctx, c.path, c.recursive)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("below %q, recursively %v: %v, %v; want %v", c.path, c.recursive, got, err, c.want)
		}
	}
	if err := s.Delete(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	if s.Exists(ctx, "a/b/one") || s.Exists(ctx, "a") || !s.Exists(ctx, "ab") {
		t.Error("deleting a directory took too much or too little")
	}
	if err := s.Delete(ctx, "a"); err != nil {
		t.Errorf("deleting what is not there: %v", err)
	}
}

func TestLocks(t *testing.T) {
	address := lab.Redis(t)
	one, two, ctx := open(t, address, 3*time.Second), open(t, address, 3*time.Second), context.Background()
	if err := one.Lock(ctx, "site"); err != nil {
		t.Fatal(err)
	}
	// It is renewed: after more than its life it is still held.
	short, cancel := context.WithTimeout(ctx, 4500*time.Millisecond)
	defer cancel()
	if err := two.Lock(short, "site"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("locking what another holds: %v", err)
	}
	got := make(chan error, 1)
	go func() { got <- two.Lock(ctx, "site") }()
	if err := one.Unlock(ctx, "site"); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	if err := one.Unlock(ctx, "site"); err == nil {
		t.Error("unlocked what another holds")
	}
	if err := two.Unlock(ctx, "site"); err != nil {
		t.Error(err)
	}
}

// A holder that died keeps nobody out for longer than the lock's life, and
// cannot give back what another has by then.
func TestHolderDies(t *testing.T) {
	address := lab.Redis(t)
	one, two, ctx := open(t, address, time.Second), open(t, address, time.Second), context.Background()
	if err := one.Lock(ctx, "site"); err != nil {
		t.Fatal(err)
	}
	l := one.held["site"]
	close(l.end) // it renews no more
	<-l.ended
	if err := two.Lock(ctx, "site"); err != nil {
		t.Fatal(err)
	}
	l.end = make(chan struct{})
	if err := one.Unlock(ctx, "site"); !errors.Is(err, errLost) {
		t.Errorf("giving back a lock that was lost: %v", err)
	}
	if err := two.Unlock(ctx, "site"); err != nil {
		t.Error(err)
	}
}
