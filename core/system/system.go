// Package system says which system a binary is for, to those who tell users what
// it lacks. What is different is in files for each system, not in questions to
// this package.
package system

import (
	"runtime"
	"strings"
)

// Name is the system's, as users know it.
func Name() string {
	if portable {
		return "a build with the tag portable"
	}
	return names[runtime.GOOS]
}

var names = map[string]string{
	"linux": "Linux", "darwin": "macOS", "freebsd": "FreeBSD", "windows": "Windows", "unix": "a UNIX system",
}

// Is reports whether the system is one of those in a list with "|": "linux",
// "darwin", "freebsd", "windows", or "unix" for all but Windows. A build with the
// tag portable is a UNIX system and not Linux.
func Is(list string) bool {
	if portable {
		return Has(list, "")
	}
	return Has(list, runtime.GOOS)
}

// Has reports whether such a list has the system that is called goos as in GOOS.
func Has(list, goos string) bool {
	for one := range strings.SplitSeq(list, "|") {
		if one == goos || one == "unix" && goos != "windows" {
			return true
		}
	}
	return false
}

// Names gives the systems of such a list as users know them, such as "Linux".
func Names(list string) string {
	var all []string
	for one := range strings.SplitSeq(list, "|") {
		all = append(all, names[one])
	}
	return strings.Join(all, " or ")
}
