package config

import (
	"slices"
	"strings"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// RetryOn are the failures that are retried (section 4.2 "retry-on"): names such
// as "conn-failure", and statuses such as "503". "all-retryable-errors" is
// replaced by what it stands for.
type RetryOn []string

// DecodeNode reads a list, or a string with several names between spaces.
func (r *RetryOn) DecodeNode(n *tree.Node) error {
	var list tree.OneOrMany[tree.Text]
	errs := &tree.Errors{}
	errs.Add(n.Decode(&list), n.Pos, n.Path)
	all := []string{"conn-failure", "empty-response", "junk-response", "response-timeout", "0rtt-rejected", "500", "502", "503", "504"}
	known := append([]string{"none", "all-retryable-errors", "401", "403", "404", "408", "421", "425", "429", "501"}, all...)
	*r = nil
	for _, t := range list {
		for _, name := range strings.Fields(t.Value) {
			switch {
			case name == "all-retryable-errors":
				*r = append(*r, all...)
			case !slices.Contains(known, name):
				t.Fail(errs, strings.Index(t.Value, name), "unknown failure %q", name).Suggest(name, known)
			default:
				*r = append(*r, name)
			}
		}
	}
	if slices.Contains(*r, "none") && len(*r) > 1 {
		errs.On(n, "\"none\" cannot stand with others")
	}
	return errs.Err()
}
