package logs

import (
	"errors"
	"testing"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/module"
)

func TestFormatString(t *testing.T) {
	f := NewFormatString("ready")
	if err := f.Compile(&expr.Scope{Phase: expr.Log}); err != nil {
		t.Fatal(err)
	}
	if got := string(f.Append([]byte("> "), &expr.Env{Phase: expr.Log})); got != "> ready" || f.String() != "ready" {
		t.Errorf("line %q of format %q", got, f)
	}
}

func TestNewFormatter(t *testing.T) {
	r := module.NewRegistry()
	for _, name := range []string{"httplog", "json"} {
		module.RegisterIn(r, FormatKind, name, module.Spec[struct{}, Formatter]{
			Doc: "A format for the test",
			New: func(*module.Context, struct{}) (Formatter, error) { return &counted{name: name}, nil },
		})
	}
	ctx := module.NewContext(module.ContextOptions{Registry: r})
	tests := []struct{ text, want string }{
		{"httplog", "httplog1"},
		{"http", "httplog1"},
		{"json", "json1"},
		{"a log-format string", "a log-format string"},
		{"%ci", "%ci"},
	}
	for _, tt := range tests {
		f, err := NewFormatter(ctx, tt.text)
		if err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		if s, ok := f.(*FormatString); ok {
			if s.String() != tt.want {
				t.Errorf("%q is the log-format string %q", tt.text, s)
			}
			continue
		}
		if got := string(f.Append(nil, nil)); got != tt.want {
			t.Errorf("%q is %q, want %q", tt.text, got, tt.want)
		}
	}
	var unknown *module.UnknownError
	if _, err := NewFormatter(ctx, "jsno"); !errors.As(err, &unknown) || unknown.Near != "json" {
		t.Errorf("a mistyped name gives %v", err)
	}
}
