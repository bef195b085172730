package mptcp_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest"
	"github.com/fairleadproxy/fairlead/core/moduletest/protocoltest"
	"github.com/fairleadproxy/fairlead/core/protocol"
	_ "github.com/fairleadproxy/fairlead/modules/protocol/mptcp"
)

func TestConformance(t *testing.T) { moduletest.Run(t, protocol.Kind, "mptcp") }

func TestLaws(t *testing.T) { protocoltest.Laws(t, "mptcp", protocoltest.Options{}) }
