package builder

import (
	"fmt"
	"strings"
)

// UsageError is an error of what was asked for, not of the build.
type UsageError struct{ text string }

func (e *UsageError) Error() string { return e.text }

func usagef(format string, args ...any) error {
	return &UsageError{fmt.Sprintf(format, args...)}
}

// PluginError is an error whose cause is one plugin.
type PluginError struct {
	// Plugin is the package that was asked for.
	Plugin string
	// Step is what could not be done: "resolve", "take part", "compile", "register".
	Step string
	Err  error
	// LastFit is the last version of the plugin that fits, "" when none is known.
	LastFit string
}

func (e *PluginError) Error() string {
	text := e.Err.Error()
	if strings.Contains(text, "\n") {
		text = "\n" + text
	} else {
		text = " " + text
	}
	text = fmt.Sprintf("plugin %s: cannot %s:%s", e.Plugin, e.Step, text)
	if e.LastFit != "" {
		text += fmt.Sprintf("\nthe last version of it that fits is %s: --with %s@%s", e.LastFit, e.Plugin, e.LastFit)
	}
	return text
}

func (e *PluginError) Unwrap() error { return e.Err }
