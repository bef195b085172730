// Package module is Fairlead's registry: every listener protocol, balancer,
// matcher, action, logger and check is a module of some kind, registered by the
// package that holds it and built from its part of the configuration.
//
// A kind is declared once, in core, with its Go interface as type parameter; a
// module that does not fit does not compile:
//
//	var Kind = module.NewKind[Balancer]("balancer")
//
//	func init() {
//		module.Register(balancer.Kind, "leastconn", module.Spec[Config, balancer.Balancer]{
//			Doc: "picks the server with the fewest connections",
//			New: func(ctx *module.Context, cfg Config) (balancer.Balancer, error) { ... },
//		})
//	}
//
// A Registry is written while packages initialise, or by a test that sets up its
// own, and only read from then on. Registering never panics: what is wrong is
// collected, see Registry.Err. The package does not decode configuration.
package module
