package tree

import (
	"strconv"
	"strings"
	"time"
)

// Kind says what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Invalid Kind = iota // the zero Node
	Table
	Array
	String
	Int
	Float
	Bool
	Time // any of TOML's dates and times
)

// String names the kind with an article, as in "a table".
func (k Kind) String() string {
	switch k {
	case Table:
		return "a table"
	case Array:
		return "an array"
	case String:
		return "a string"
	case Int:
		return "an integer"
	case Float:
		return "a float"
	case Bool:
		return "a boolean"
	case Time:
		return "a date or time"
	}
	return "nothing"
}

// Node is a value of a configuration: a table, an array, or one of the rest.
type Node struct {
	Kind Kind
	// Pos is where the value begins: the quote of a string, the brace of an
	// inline table, the name in the header of a table.
	Pos Pos
	// KeyPos is where the key stands; of an array's elements it is Pos.
	KeyPos Pos
	// Key is the key in the table around; "" in arrays and for the root.
	Key string
	// Path leads from the root here, such as frontend.web.bind[1].
	Path string
	// Children are a table's or an array's, in the order of the file.
	Children []*Node

	scalar   any  // string, int64, float64, bool or time.Time
	expanded bool // the string has the value of a variable in it
	tables   bool // the array is made by [[headers]]
}

// NewTable gives a table of the children, for a node that stands in no file
// under that path. The children stay as they are.
func NewTable(key, path string, pos Pos, children []*Node) *Node {
	return &Node{Kind: Table, Key: key, Path: path, Pos: pos, KeyPos: pos, Children: children}
}

// Headed reports whether the node is a table that a [header] makes.
func (n *Node) Headed() bool {
	return n.Kind == Table && n.Pos.Line == n.KeyPos.Line && n.Pos.Col == n.KeyPos.Col
}

// Get gives the child with the key, nil when there is none or n is nil.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Table {
		return nil
	}
	for _, c := range n.Children {
		if c.Key == key {
			return c
		}
	}
	return nil
}

// find gives what a path such as "steps[1].send" leads to, nil when there is none.
// A value that stands for a table or an array is what it leads to, too.
func (n *Node) find(path string) *Node {
	for key := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune(".[]", r) }) {
		switch i, err := strconv.Atoi(key); {
		case n == nil:
			return nil
		case n.Kind == Table:
			n = n.Get(key)
		case n.Kind == Array && err == nil && i < len(n.Children):
			n = n.Children[i]
		}
	}
	return n
}

// Str gives the string's value; "" for other kinds and nil.
func (n *Node) Str() string { return as[string](n) }

// Int gives the integer's value; 0 for other kinds and nil.
func (n *Node) Int() int64 { return as[int64](n) }

// Float gives the float's value; 0 for other kinds and nil.
func (n *Node) Float() float64 { return as[float64](n) }

// Bool gives the boolean's value; false for other kinds and nil.
func (n *Node) Bool() bool { return as[bool](n) }

// Time gives the date's value; the zero time for other kinds and nil.
func (n *Node) Time() time.Time { return as[time.Time](n) }

func as[T any](n *Node) (v T) {
	if n != nil {
		v, _ = n.scalar.(T)
	}
	return v
}

// Value gives the node as plain Go values: map[string]any, []any, string,
// int64, float64, bool or time.Time.
func (n *Node) Value() any {
	switch {
	case n == nil:
		return nil
	case n.Kind == Table:
		m := make(map[string]any, len(n.Children))
		for _, c := range n.Children {
			m[c.Key] = c.Value()
		}
		return m
	case n.Kind == Array:
		a := make([]any, len(n.Children))
		for i, c := range n.Children {
			a[i] = c.Value()
		}
		return a
	}
	return n.scalar
}

// Without gives a table without the children of these keys; n itself stays.
func (n *Node) Without(keys ...string) *Node {
	return n.filter(func(key string) bool {
		for _, k := range keys {
			if k == key {
				return false
			}
		}
		return true
	})
}

func (n *Node) filter(keep func(key string) bool) *Node {
	out := *n
	out.Children = nil
	for _, c := range n.Children {
		if keep(c.Key) {
			out.Children = append(out.Children, c)
		}
	}
	return &out
}

// join adds a key to a path, in quotes where TOML needs them.
func join(path, key string) string {
	if !bare(key) {
		key = strconv.Quote(key)
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// bare reports whether a key needs no quotes.
func bare(key string) bool {
	return key != "" && strings.IndexFunc(key, func(r rune) bool {
		return r > 0x7f || !bareByte(byte(r))
	}) < 0
}

func bareByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
