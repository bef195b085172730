package plugin

import (
	"go/version"
	"strings"
)

// goVersion reports whether v is a version of Go, written with or without "go".
func goVersion(v string) bool { return version.IsValid(withGo(v)) }

// older reports whether the Go version a is older than b.
func older(a, b string) bool { return version.Compare(withGo(a), withGo(b)) < 0 }

func withGo(v string) string { return "go" + strings.TrimPrefix(v, "go") }
