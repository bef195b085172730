package tcp

import (
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/checktest"
)

func TestLaws(t *testing.T) {
	checktest.Laws(t, "tcp", ``, checktest.Silent)
	checktest.Laws(t, "tcp", `steps = [{ send = "PING\r\n" }, { expect = "+PONG" }]`, redis)
}
