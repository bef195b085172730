// Fairlead with the plugin, for its test.
package main

import (
	"github.com/fairleadproxy/fairlead/cmd/fairlead/cli"
	_ "github.com/fairleadproxy/fairlead/modules/standard/tcp"
	_ "github.com/fairleadproxy/fairlead/plugins/udp"
)

func main() { cli.Main() }
