package builder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func lock() *Lock {
	return &Lock{
		Go: "go1.26.8", Core: "v1.0.0", CoreVersion: "v1.0.0",
		With: []string{"example.com/a@v1.1.0", "./b"}, Replace: []string{"example.com/x=../x"},
		Plugins: []LockedPlugin{{"example.com/a/p", "example.com/a", "v1.1.0"}},
		Require: []string{"example.com/a v1.1.0"}, Sum: []string{"example.com/a v1.1.0 h1:x="},
	}
}

// A lock is read as it was written, and not written when nothing changed.
func TestLock(t *testing.T) {
	file := filepath.Join(t.TempDir(), LockFile)
	if _, err := ReadLock(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for _, want := range []bool{true, false} {
		if changed, err := lock().Write(file); err != nil || changed != want {
			t.Errorf("changed %v, error %v", changed, err)
		}
	}
	got, err := ReadLock(file)
	if err != nil || !reflect.DeepEqual(got, lock()) {
		t.Errorf("read %+v, error %v", got, err)
	}
	if err := os.WriteFile(file, []byte("go = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLock(file); err == nil || !strings.Contains(err.Error(), file+":1:6: go: ") {
		t.Errorf("a number for a version: %v", err)
	}
}

func TestLockFits(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Request)
		want   string // of the error; "" for none
	}{
		{"the same", func(*Request) {}, ""},
		{"another order", func(r *Request) { r.With[0], r.With[1] = r.With[1], r.With[0] }, ""},
		{"another preset", func(r *Request) { r.Preset = "tcp" }, ""},
		{"another core", func(r *Request) { r.Core = "v1.1.0" }, "of core v1.0.0, and v1.1.0 is asked for"},
		{"no core", func(r *Request) { r.Core = "" }, "(not named) is asked for"},
		{"another version", func(r *Request) { r.With[0] = "example.com/a@v1.2.0" }, "lacks the plugin example.com/a@v1.2.0"},
		{"fewer plugins", func(r *Request) { r.With = r.With[:1] }, "has the plugin ./b, which is not asked for"},
		{"no replacement", func(r *Request) { r.Replace = nil }, "has the replacement example.com/x=../x"},
	} {
		l := lock()
		r := Request{Core: l.Core, With: append([]string(nil), l.With...), Replace: append([]string(nil), l.Replace...)}
		c.change(&r)
		err := l.Fits(&r)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestLockedGo(t *testing.T) {
	w := &workspace{core: &core{source: source{Go: "1.26.0", Version: "v1.0.0"}}, plugins: []*Plugin{{Package: "example.com/p", src: &source{Go: "1.27"}}, {Package: "example.com/q"}}}
	for locked, want := range map[string]string{
		"": "", "go1.27.0": "", "go1.28rc1": "",
		"go1.25.3": "the lock is of go1.25.3, and core v1.0.0 needs Go 1.26.0 or later: choose versions anew with xbuild lock",
		"go1.26.8": "and the plugin example.com/p needs Go 1.27 or later",
	} {
		w.lock = &Lock{Go: locked}
		if err := w.lockedGo(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", locked, err, want)
		}
	}
}
