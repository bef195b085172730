package file_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/storagetest"
)

func TestLaws(t *testing.T) { storagetest.Laws(t, "file", `path = "`+t.TempDir()+`"`) }
