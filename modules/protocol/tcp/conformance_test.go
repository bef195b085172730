package tcp_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/protocoltest"
	"github.com/fairleadproxy/fairlead/core/protocol"
	_ "github.com/fairleadproxy/fairlead/modules/protocol/tcp"
)

func TestConformance(t *testing.T) { moduletest.Run(t, protocol.Kind, "tcp") }

func TestLaws(t *testing.T) { protocoltest.Laws(t, "tcp", protocoltest.Options{}) }
