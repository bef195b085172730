// Package config is the configuration of a load balancer: typed structs with
// HAProxy's vocabulary, read from TOML.
//
//	cfg, err := config.Load([]string{"lb.toml"}, os.LookupEnv)
//	if err != nil {
//		fmt.Fprintln(os.Stderr, err) // all errors, each with its line and a caret
//	}
//	for _, w := range cfg.Warnings { ... }
//
// Loading reads the files into a tree (package tree), applies the defaults that
// each proxy takes its settings from, decodes strictly, and checks what needs
// the whole: names that are referred to, servers that are alike, missing
// timeouts. A listen section becomes a frontend and a backend of its name.
//
// Strings in other languages stay as they are and know where they stand:
// addresses, conditions, sample expressions, log formats, and the configurations
// of modules. core/proxy compiles them and reports through the same *tree.Errors.
//
// Keys have the names of HAProxy's keywords with dashes; the section numbers in
// the comments are those of HAProxy's configuration manual. Comments on fields
// give units and defaults, and the reference is made of them.
//
// A Config is not changed once it is loaded and may be read by many goroutines
// at once. The package opens no sockets, resolves no names, and reads no files
// but the configuration's own.
package config
