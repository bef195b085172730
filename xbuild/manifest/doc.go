// Package manifest reads xbuild.toml, in which a custom build is written down.
//
//	core = "v1.2.0"                     # a version, or a directory such as "../fairlead"
//	preset = "http"                     # tcp, http, tls or all
//	targets = ["linux/amd64", "linux/arm64"]
//
//	[plugins]
//	"example.com/sticky" = "v1.3.0"                             # a version
//	"example.com/mine" = "./mine"                               # a directory
//	"example.com/fork" = { version = "v1.0.0", replace = "example.com/my-fork@v1.0.1" }
//
//	[standard]
//	exclude = ["protocol.mptcp"]
//
//	m, err := manifest.Read("xbuild.toml") // a *tree.Errors with all that is wrong
//	requests := m.Requests()
//
// A Manifest does not change once it is read. What it names is looked for when
// it is built, by package builder.
package manifest
