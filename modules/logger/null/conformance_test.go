package null_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/loggertest"
	_ "github.com/fairleadproxy/fairlead/modules/logger/null"
)

func TestConformance(t *testing.T) { moduletest.Run(t, logs.Kind, "null", ``) }

func TestLaws(t *testing.T) { loggertest.Laws(t, "null", loggertest.Options{}) }
