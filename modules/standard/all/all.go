// Package all imports every standard module.
package all

import (
	_ "github.com/fairleadproxy/fairlead/modules/protocol/quic"
	_ "github.com/fairleadproxy/fairlead/modules/standard/tls"
)
