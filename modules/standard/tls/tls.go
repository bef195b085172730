// Package tls imports the modules of certificates that come by themselves, those
// for HTTP included. TLS itself is part of core.
package tls

import (
	_ "github.com/fairleadproxy/fairlead/modules/certs/acme"
	_ "github.com/fairleadproxy/fairlead/modules/certs/local"
	_ "github.com/fairleadproxy/fairlead/modules/standard/http"
	_ "github.com/fairleadproxy/fairlead/modules/storage/file"
)
