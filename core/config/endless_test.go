// The race detector, which has nothing to find here, would take a minute over it.

//go:build !race

package config

import (
	"os"
	"strings"
	"testing"
)

// A path that is a mistake does not take all memory.
func TestEndlessFile(t *testing.T) {
	_, err := Load([]string{"/dev/zero"}, os.LookupEnv)
	if err == nil || !strings.Contains(err.Error(), "/dev/zero: the file is larger than 64 MiB") {
		t.Errorf("the error is %v", err)
	}
}
