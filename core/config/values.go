package config

import (
	"fmt"
	"io/fs"
	"net/netip"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/config/tree"
)

// FileMode are the permissions of a file: a string with octal digits, such as
// "660", or one of TOML's octal numbers, such as 0o660.
type FileMode fs.FileMode

// DecodeNode reads either form.
func (m *FileMode) DecodeNode(n *tree.Node) error {
	v, err := uint64(n.Int()), error(nil)
	if n.Kind == tree.String {
		v, err = strconv.ParseUint(n.Str(), 8, 32)
	}
	if n.Kind != tree.Int && n.Kind != tree.String || err != nil || v > 0o7777 || n.Kind == tree.Int && v > 0o777 {
		return fmt.Errorf("want permissions in octal such as \"660\" or 0o660, got %s", written(n))
	}
	*m = FileMode(v)
	return nil
}

func written(n *tree.Node) string {
	switch n.Kind {
	case tree.Int:
		return strconv.FormatInt(n.Int(), 10)
	case tree.String:
		return strconv.Quote(n.Str())
	}
	return n.Kind.String()
}

// AltSvc is an Alt-Svc field: true to have its value made, or the value (RFC 7838).
type AltSvc struct {
	// On says that there is one.
	On bool
	// Value is its value, "" to have it made.
	Value string
	// Pos is where it stands.
	Pos tree.Pos
}

// DecodeNode reads either form.
func (a *AltSvc) DecodeNode(n *tree.Node) error {
	a.Pos = n.Pos
	switch n.Kind {
	case tree.Bool:
		a.On = n.Bool()
	case tree.String:
		a.On, a.Value = n.Str() != "", n.Str()
	default:
		return fmt.Errorf("want true, false or a value such as \"h3=\\\":443\\\"; ma=86400\", got %s", written(n))
	}
	return nil
}

// Network is an address range: "10.0.0.0/8", or an address for itself alone.
type Network struct{ netip.Prefix }

// UnmarshalText reads an address with or without a prefix length.
func (n *Network) UnmarshalText(text []byte) error {
	s := string(text)
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		n.Prefix = netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
		return nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return fmt.Errorf("want a network such as \"10.0.0.0/8\", got %q", s)
	}
	n.Prefix = p.Masked()
	return nil
}

// MarshalText gives the prefix.
func (n Network) MarshalText() ([]byte, error) { return n.Prefix.MarshalText() }
