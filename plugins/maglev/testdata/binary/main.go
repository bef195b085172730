// Fairlead with the plugin, for its test.
package main

import (
	"github.com/fairleadproxy/fairlead/cmd/fairlead/cli"
	_ "github.com/fairleadproxy/fairlead/modules/standard/http"
	_ "github.com/fairleadproxy/fairlead/plugins/maglev"
)

func main() { cli.Main() }
