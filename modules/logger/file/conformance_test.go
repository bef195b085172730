package file_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	_ "github.com/fairleadproxy/fairlead/modules/logger/file"
)

func TestConformance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	moduletest.Run(t, logs.Kind, "file", fmt.Sprintf("path = %q", path), fmt.Sprintf("path = %q\nheader = \"timed\"\nmode = \"0600\"", path))
}
