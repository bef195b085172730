package main

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/fairleadproxy/fairlead/core/config/tree"
	"github.com/fairleadproxy/fairlead/xbuild/builder"
)

// print writes a result, as JSON if that was asked for and else as text does.
func (o *options) print(c *cobra.Command, result any, text func(io.Writer) error) error {
	o.progress.clear()
	if !o.asJSON {
		return text(c.OutOrStdout())
	}
	return writeJSON(c.OutOrStdout(), result)
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// errorJSON is an error as commands with --json print it.
type errorJSON struct {
	Error struct {
		// Kind is usage, plugin, differs, or failed.
		Kind    string `json:"kind"`
		Plugin  string `json:"plugin,omitempty"`
		Message string `json:"message"`
		// LastFit is the last version of the plugin that fits.
		LastFit string `json:"lastFit,omitempty"`
		// Places are those of a manifest's errors.
		Places *tree.Errors `json:"places,omitempty"`
	} `json:"error"`
}

func describeError(err error) errorJSON {
	var out errorJSON
	e := &out.Error
	e.Kind, e.Message = "failed", err.Error()
	var plugin *builder.PluginError
	var differ *builder.DifferError
	switch {
	case isUsage(err):
		e.Kind = "usage"
	case errors.As(err, &plugin):
		e.Kind, e.Plugin, e.LastFit = "plugin", plugin.Plugin, plugin.LastFit
	case errors.As(err, &differ):
		e.Kind = "differs"
	}
	var places *tree.Errors
	if errors.As(err, &places) {
		e.Places = places
	}
	return out
}

// isUsage reports whether what was asked for is at fault.
func isUsage(err error) bool {
	var request *builder.UsageError
	var line *lineError
	return errors.As(err, &request) || errors.As(err, &line)
}
