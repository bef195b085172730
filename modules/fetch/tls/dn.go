package tls

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/modules/fetch/internal/register"
)

// dn is a distinguished name.
type dn pkix.Name

// dnArgs are the arguments of the fetches of names, made ready by bindDN.
type dnArgs struct {
	entry   asn1.ObjectIdentifier // nil: the whole name
	nth     int                   // from 1, or from -1 at the end
	rfc2253 bool
}

func (o owner) name(doc string, of func(*x509.Certificate) *dn, name string) register.Entry {
	return register.As(expr.Fetch{
		Doc: doc, Out: expr.Str, Phases: o.phases, Bind: bindDN,
		Args: []expr.Arg{{Name: "entry", Type: expr.ArgStr, Optional: true}, {Name: "occurrence", Type: expr.ArgInt, Optional: true}, {Name: "format", Type: expr.ArgStr, Optional: true}},
		Eval: func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
			c := o.of(e)
			d, _ := a.Data.(*dnArgs)
			if c == nil || d == nil {
				return false
			}
			n := of(c)
			switch {
			case d.entry != nil:
				v, ok := n.find(d.entry, d.nth)
				s.SetStr(append(e.Scratch(len(v)), v...))
				return ok
			case d.rfc2253:
				s.SetStr(n.appendRFC2253(e.Scratch(textRoom)))
			default:
				s.SetStr(secure.AppendName(e.Scratch(textRoom), (*pkix.Name)(n)))
			}
			return len(s.Bytes) > 0
		},
	}, o.prefix+"_"+name)
}

func bindDN(_ *expr.Scope, a *expr.Args) error {
	d := &dnArgs{nth: int(a.Int(1, 1))}
	if d.nth == 0 {
		d.nth = 1
	}
	switch a.Str(2) {
	case "":
	case "rfc2253":
		d.rfc2253 = true
	default:
		return fmt.Errorf("unknown format %q: the only one is rfc2253", a.Str(2))
	}
	if name := a.Str(0); name != "" {
		var err error
		if d.entry, err = entryOID(name); err != nil {
			return err
		}
	}
	a.Data = d
	return nil
}

// entryOID finds an entry by its name, in any case, or by its number.
func entryOID(name string) (asn1.ObjectIdentifier, error) {
	if oid := secure.EntryOID(name); oid != nil {
		return oid, nil
	}
	var oid asn1.ObjectIdentifier
	for part := range strings.SplitSeq(name, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("unknown entry %q: write one such as CN, O, OU and C, or a number such as 2.5.4.3", name)
		}
		oid = append(oid, n)
	}
	return oid, nil
}

// find gives the nth value of an entry, from the end if nth is negative.
func (d *dn) find(oid asn1.ObjectIdentifier, nth int) (string, bool) {
	i, step := 0, 1
	if nth < 0 {
		i, step, nth = len(d.Names)-1, -1, -nth
	}
	for ; i >= 0 && i < len(d.Names); i += step {
		if !d.Names[i].Type.Equal(oid) {
			continue
		}
		if nth--; nth == 0 {
			v, ok := d.Names[i].Value.(string)
			return v, ok && strings.IndexByte(v, 0) < 0
		}
	}
	return "", false
}

// appendRFC2253 writes the name as CN=a,C=DE.
func (d *dn) appendRFC2253(b []byte) []byte {
	for i := len(d.Names) - 1; i >= 0; i-- {
		b = secure.AppendEntry(b, d.Names[i].Type)
		b = append(b, '=')
		v, _ := d.Names[i].Value.(string)
		b = appendEscaped(b, v)
		if i > 0 {
			b = append(b, ',')
		}
	}
	return b
}

// appendEscaped writes a value as RFC 2253 section 2.4 wants it, with what is not
// ASCII in hexadecimal, as OpenSSL does.
func appendEscaped(b []byte, v string) []byte {
	for i := range len(v) {
		c := v[i]
		if c < ' ' || c >= 0x7f {
			const digits = "0123456789ABCDEF"
			b = append(b, '\\', digits[c>>4], digits[c&15])
			continue
		}
		if strings.IndexByte(`,+"\<>;`, c) >= 0 || i == 0 && (c == ' ' || c == '#') || i == len(v)-1 && c == ' ' {
			b = append(b, '\\')
		}
		b = append(b, c)
	}
	return b
}
