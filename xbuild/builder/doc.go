// Package builder makes Fairlead binaries of chosen parts: core, the standard
// modules but those left out, and plugins from directories or module proxies.
//
//	r := builder.Request{With: []string{"./plugins/ewma"}, Without: []string{"protocol.mptcp"}, Output: "fairlead"}
//	result, err := r.Build(ctx)
//
// Build goes through these steps, and says on Request.Progress which it is at:
//
//  1. resolve: find core and the plugins, and what each one's version is
//  2. check: compile each plugin alone, so that an error is its own
//  3. catalogue: link a probe of all packages, which prints the modules they register
//  4. plan: take out the modules that were excluded
//  5. link: generate the main package and build it, statically and without paths
//  6. verify: run the binary, which must list exactly the modules of the plan
//
// The same inputs give the same bytes, wherever they lie: directories enter the
// build under names that follow from their module paths.
//
// A Request can be used by several goroutines; they must not write the same
// output. The package needs the go command. It does not lock versions across
// builds, does not fetch configurations, and cannot verify binaries for other
// platforms than the one it runs on.
package builder
