// Fairlead is a load balancer and reverse proxy for TCP and HTTP.
package main

import (
	"github.com/fairleadproxy/fairlead/cmd/fairlead/cli"
	_ "github.com/fairleadproxy/fairlead/modules/standard/all"
)

func main() { cli.Main() }
