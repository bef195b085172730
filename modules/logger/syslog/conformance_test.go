package syslog_test

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/logs"
	"github.com/fairleadproxy/fairlead/core/moduletest"
	_ "github.com/fairleadproxy/fairlead/modules/logger/syslog"
)

func TestConformance(t *testing.T) {
	moduletest.Run(t, logs.Kind, "syslog", `address = "127.0.0.1:5514"`, "address = \"tcp@127.0.0.1:5514\"\nheader = \"rfc5424\"")
}
