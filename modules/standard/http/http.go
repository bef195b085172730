// Package http imports the modules that balance HTTP, those for TCP included.
package http

import (
	_ "github.com/fairleadproxy/fairlead/modules/logformat/httplog"
	_ "github.com/fairleadproxy/fairlead/modules/logformat/httpslog"
	_ "github.com/fairleadproxy/fairlead/modules/standard/tcp"
)
