package file_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/storage"
	"github.com/fairleadproxy/fairlead/modules/storage/file"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, storage.Kind, "file", `path = "`+t.TempDir()+`"`)
}

func TestOnlyTheOwnerReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	s, err := file.New(nil, file.Config{Path: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.(module.Preparer).Prepare(nil); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, err := s.Load(ctx, "a/key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("loading what is not there: %v", err)
	}
	if err := s.Store(ctx, "a/key", []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if i, err := s.Stat(ctx, "a/key"); err != nil || i.Size != 6 || !i.Terminal {
		t.Errorf("a value: %+v, %v", i, err)
	}
	for _, name := range []string{"", "a", "a/key"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode()&0o077 != 0 {
			t.Errorf("%q: others may read it: %v, %v", name, info.Mode(), err)
		}
	}
}
