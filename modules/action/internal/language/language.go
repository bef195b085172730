// Package language imports the fetches and converters that the expressions in
// tests of actions are made of. It is for tests alone.
package language

import (
	_ "github.com/fairleadproxy/fairlead/modules/converter/address"
	_ "github.com/fairleadproxy/fairlead/modules/converter/encoding"
	_ "github.com/fairleadproxy/fairlead/modules/converter/http"
	_ "github.com/fairleadproxy/fairlead/modules/converter/number"
	_ "github.com/fairleadproxy/fairlead/modules/converter/text"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/connection"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/constant"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/http"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/process"
)
