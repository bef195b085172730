package null_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	_ "github.com/fairleadproxy/fairlead/modules/logger/null"
)

func TestConformance(t *testing.T) { moduletest.Run(t, logs.Kind, "null", ``) }
