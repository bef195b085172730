package admin

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A payload belongs to the last command of a line, and ends as the line says.
func TestPayload(t *testing.T) {
	path := filepath.Join(t.TempDir(), "admin.sock")
	s, err := Listen(path, Options{UID: -1, GID: -1})
	if err != nil {
		t.Fatal(err)
	}
	s.HandlePayload("echo", "", func(args []string, payload string) (string, error) {
		return strings.Join(args, ",") + "|" + payload, nil
	})
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	for text, want := range map[string]string{
		"echo a b":                      "a,b|",
		"echo a <<\none\ntwo\n\nmore":   "a|one\ntwo",
		"echo a <<%E%\none\n\ntwo\n%E%": "a|one\n\ntwo",
		"echo a; echo b <<\none\n":      "a|\n\nb|one",
		"echo a<<":                      "a<<|",
		"echo a << b":                   "a,<<,b|",
		"echo <<\n" + strings.Repeat("x", maxPayload): "the payload is longer than 1 MiB",
	} {
		got, err := Ask(path, text, 10*time.Second)
		if err != nil || got != want {
			t.Errorf("%.40q: %.60q, %v, want %q", text, got, err, want)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
