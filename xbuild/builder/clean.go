package builder

import (
	"slices"

	"github.com/fairleadproxy/fairlead/xbuild/internal/temp"
)

// Clean removes the directories that builds which were killed, or told to keep
// theirs, have left in the temporary directory and in those given, which outputs
// were written to. It gives the ones removed. Builds that are still at work keep
// theirs.
func Clean(dirs ...string) ([]string, error) {
	removed, err := temp.Remove(dirs...)
	slices.Sort(removed)
	return removed, err
}
