// Package http imports the modules that balance HTTP, those for TCP included.
package http

import (
	_ "github.com/fairleadproxy/fairlead/modules/action/header"
	_ "github.com/fairleadproxy/fairlead/modules/action/normalize"
	_ "github.com/fairleadproxy/fairlead/modules/action/reply"
	_ "github.com/fairleadproxy/fairlead/modules/action/uri"
	_ "github.com/fairleadproxy/fairlead/modules/action/useservice"
	_ "github.com/fairleadproxy/fairlead/modules/check/http"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/http"
	_ "github.com/fairleadproxy/fairlead/modules/logformat/httplog"
	_ "github.com/fairleadproxy/fairlead/modules/mode/http"
	_ "github.com/fairleadproxy/fairlead/modules/service/echo"
	_ "github.com/fairleadproxy/fairlead/modules/service/static"
	_ "github.com/fairleadproxy/fairlead/modules/standard/tcp"
)
