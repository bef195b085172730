package unix_test

import (
	"path/filepath"
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/protocoltest"
	"github.com/fairleadproxy/fairlead/core/protocol"
	_ "github.com/fairleadproxy/fairlead/modules/protocol/unix"
)

func TestConformance(t *testing.T) { moduletest.Run(t, protocol.Kind, "unix") }

func TestLaws(t *testing.T) {
	protocoltest.Laws(t, "unix", protocoltest.Options{Listen: filepath.Join(t.TempDir(), "s")})
}
