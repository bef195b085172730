// Generate writes the reference in docs/reference from the code: the
// configuration's keys from the structs of core/config, the modules from the
// registry, and what each means from the comments on their fields.
//
//	go run ./docs/generate
//
// It is run in the repository after a change to any of these; a test compares
// what is committed with what would be written. It knows what the sections and
// kinds are called, and nothing of single keys and modules.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/docs/generate/reference"
)

// notice stands at the top of each page.
const notice = "<!-- Written by go run ./docs/generate from the code. Do not edit. -->\n\n"

// pages are what is written, by file name.
var pages = map[string]func(*reference.Source) (string, error){
	"configuration.md": configuration,
	"modules.md":       modules,
	"log-variables.md": logVariables,
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := findRoot()
	if err != nil {
		return err
	}
	texts, err := generate(root)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "docs", "reference")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate makes all pages, by file name.
func generate(root string) (map[string]string, error) {
	src := reference.NewSource(map[string]string{module.Core: root})
	out := map[string]string{}
	var errs []error
	for name, make := range pages {
		text, err := make(src)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		out[name] = notice + text
	}
	return out, errors.Join(errs...)
}

// findRoot gives the directory of the repository around the current directory.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "core", "config")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("run this within Fairlead's repository: there is no core/config above the current directory")
		}
		dir = filepath.Dir(dir)
	}
}
