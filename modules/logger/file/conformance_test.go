package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/loggertest"
	_ "github.com/fairleadproxy/fairlead/modules/logger/file"
)

func TestConformance(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	moduletest.Run(t, logs.Kind, "file", fmt.Sprintf("path = %q", path), fmt.Sprintf("path = %q\nheader = \"timed\"\nmode = \"0600\"", path))
}

func TestLaws(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	loggertest.Laws(t, "file", loggertest.Options{
		Config: fmt.Sprintf("path = %q", path),
		Lines: func() []string {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			return strings.Split(string(text), "\n")
		},
	})
}
