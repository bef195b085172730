// Everything is Fairlead with the plugins that the tests beside need.
package main

import (
	"github.com/fairleadproxy/fairlead/cmd/fairlead/cli"
	_ "github.com/fairleadproxy/fairlead/modules/standard/all"
	_ "github.com/fairleadproxy/fairlead/plugins/dns-rfc2136"
	_ "github.com/fairleadproxy/fairlead/plugins/valkey"
)

func main() { cli.Main() }
