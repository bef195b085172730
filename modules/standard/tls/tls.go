// Package tls imports the modules of TLS and of certificates that come by
// themselves, those for HTTP included.
package tls

import (
	_ "github.com/fairleadproxy/fairlead/modules/certs/acme"
	_ "github.com/fairleadproxy/fairlead/modules/certs/local"
	_ "github.com/fairleadproxy/fairlead/modules/converter/certificate"
	_ "github.com/fairleadproxy/fairlead/modules/fetch/tls"
	_ "github.com/fairleadproxy/fairlead/modules/layer/tls"
	_ "github.com/fairleadproxy/fairlead/modules/logformat/httpslog"
	_ "github.com/fairleadproxy/fairlead/modules/standard/http"
	_ "github.com/fairleadproxy/fairlead/modules/storage/file"
)
