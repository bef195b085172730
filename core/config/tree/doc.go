// Package tree reads TOML into a tree of nodes that know where they stand in
// their files, and decodes such trees strictly into Go structs.
//
//	root, err := tree.Load([]string{"lb.toml", "conf.d"}, os.LookupEnv)
//	...
//	var cfg struct {
//		Address string        `toml:"address,required,short"`
//		Timeout time.Duration `toml:"timeout" min:"1ms"`
//		Mode    string        `toml:"mode" enum:"tcp|http"`
//		Balance tree.Module   `toml:"balance" module:"type"`
//	}
//	err = root.Get("backend").Decode(&cfg)
//
// Every error is in an *Errors: all of them at once, each with its file, line
// and column, the path of its key, and the line it is about. Later stages add
// their own with Errors.At, and point into strings with Pos.Offset.
//
// github.com/BurntSushi/toml parses and gives the values; it tells no positions
// of keys, misses unknown keys in arrays of tables and ignores their case, so a
// scanner of this package finds where every key and value stands, and the
// decoder works on the tree. Tables keep the order of their keys.
//
// Several files become one tree: tables at the top level merge, and everything
// below them is defined in one file only, except that [[arrays.of.tables]] grow.
// In strings, ${NAME} and ${NAME:-default} stand for environment variables, and
// $${ for a literal ${.
//
// # Struct tags
//
// A field is decoded from the key that its toml tag names, with options:
//
//	required       the key must be there
//	short          a value that is no table stands for a table with this key only
//	bool           for a pointer: true means a value with the defaults, false nil
//	inline         for a Module: its configuration stands in the same table
//	alias=NAME     another name of the key
//
// Further tags are enum:"a|b" for strings, min:"1" and max:"9" for numbers, sizes
// and durations, module:"type" for the key that names a Module, and os:"linux" for
// keys that other systems refuse, see system.Is. A field of
// type Pos with the tag toml:"-" gets the position of the value that the struct
// was decoded from, and a *Node field with toml:"-" that value itself. Fields
// without a toml tag are left alone; embedded structs count as part of the
// struct around them.
//
// Fields may be strings, booleans, numbers, time.Duration (also called
// Duration), Size, time.Time, structs, pointers, slices, map[string]T,
// Ordered[T], OneOrMany[T], Module, *Node, any, and types with DecodeNode or
// UnmarshalText. A key that is absent leaves its field as it was, so that
// defaults are set before; values that the decoder makes itself, as those in
// slices, are preset by their SetDefaults method.
//
// Trees are not changed once they are parsed and may be used by many goroutines
// at once; an *Errors belongs to one. The package knows nothing of what a load
// balancer is: package config does.
package tree
