package stdout

import (
	"os"
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/modules/logger/internal/output/outputtest"
)

var tested = outputtest.Logger{Stream: os.Stdout, New: func(ctx *module.Context, c logs.SinkConfig) (logs.Logger, error) {
	return New(ctx, Config{c})
}}

func TestMain(m *testing.M) { tested.Main(m) }

func TestLogger(t *testing.T) { tested.Test(t) }
