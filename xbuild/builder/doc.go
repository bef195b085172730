// Package builder makes Fairlead binaries of chosen parts: core, standard
// modules, and plugins from directories or module proxies.
//
//	r := builder.Request{With: []string{"./plugins/ewma"}, Without: []string{"protocol.mptcp"}, Output: "fairlead"}
//	result, err := r.Build(ctx)
//
// Build goes through these steps, and tells Request.Events which it is at:
//
//  1. resolve: find core and the plugins and choose their versions, or take those
//     of Request.Lock
//  2. check: read what the plugins say of themselves, and compile each one alone,
//     so that an error is its own and names the last version that fits
//  3. catalogue: link a probe of all packages, which prints the modules they
//     register and, for Request.For, those that a configuration uses
//  4. plan: take the modules of the preset, and take out those excluded
//  5. link: generate the main package and build it, statically and without paths
//  6. verify: run the binary, which must list exactly the modules of the plan
//
// The same inputs give the same bytes, wherever they lie: directories enter the
// build under names that follow from their module paths. Every binary carries a
// Recipe of what it was made of, from which Request.Verify makes it again.
//
// A Request can be used by several goroutines; they must not write the same
// output. The package needs the go command. It reads no manifest, for which there
// is package manifest, and cannot run binaries for other platforms than the one
// it runs on: of those, the modules are not verified.
package builder
