// Package service is the contract of services: what answers requests here, named
// by the action use-service.
//
//	http-request = [ { do = "use-service", service = "static", string = "hello" } ]
package service

import (
	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/module"
)

// Kind is the kind of service modules.
var Kind = module.NewKind[Service]("service")

// Service answers requests.
type Service interface {
	// Serve fills in tx.Reply for the request in tx.Req. It is called by many
	// streams at once, on their goroutines, and must not block. The reply's Body
	// must stay as it is until the stream has ended; tx.Scratch gives such space.
	Serve(tx *action.Tx)
}
