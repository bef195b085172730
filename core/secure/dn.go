package secure

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strconv"
	"strings"
)

// entries are OpenSSL's short names of what names are made of.
var entries = []struct {
	name string
	oid  asn1.ObjectIdentifier
}{
	{"CN", asn1.ObjectIdentifier{2, 5, 4, 3}}, {"O", asn1.ObjectIdentifier{2, 5, 4, 10}}, {"OU", asn1.ObjectIdentifier{2, 5, 4, 11}},
	{"C", asn1.ObjectIdentifier{2, 5, 4, 6}}, {"ST", asn1.ObjectIdentifier{2, 5, 4, 8}}, {"L", asn1.ObjectIdentifier{2, 5, 4, 7}},
	{"emailAddress", asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}}, {"serialNumber", asn1.ObjectIdentifier{2, 5, 4, 5}},
	{"SN", asn1.ObjectIdentifier{2, 5, 4, 4}}, {"GN", asn1.ObjectIdentifier{2, 5, 4, 42}}, {"title", asn1.ObjectIdentifier{2, 5, 4, 12}},
	{"DC", asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}}, {"UID", asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}},
	{"street", asn1.ObjectIdentifier{2, 5, 4, 9}}, {"postalCode", asn1.ObjectIdentifier{2, 5, 4, 17}}, {"initials", asn1.ObjectIdentifier{2, 5, 4, 43}},
	{"pseudonym", asn1.ObjectIdentifier{2, 5, 4, 65}}, {"organizationIdentifier", asn1.ObjectIdentifier{2, 5, 4, 97}}, {"dnQualifier", asn1.ObjectIdentifier{2, 5, 4, 46}},
}

// EntryOID finds an entry of a name by OpenSSL's short name of it, in any case; nil
// for none.
func EntryOID(name string) asn1.ObjectIdentifier {
	for _, e := range entries {
		if strings.EqualFold(e.name, name) {
			return e.oid
		}
	}
	return nil
}

// AppendName writes a name as /C=DE/CN=a.
func AppendName(b []byte, d *pkix.Name) []byte {
	for _, n := range d.Names {
		b = append(b, '/')
		b = AppendEntry(b, n.Type)
		b = append(b, '=')
		v, _ := n.Value.(string)
		b = append(b, v...)
	}
	return b
}

// AppendEntry writes the short name of an entry, or its number.
func AppendEntry(b []byte, oid asn1.ObjectIdentifier) []byte {
	for _, e := range entries {
		if e.oid.Equal(oid) {
			return append(b, e.name...)
		}
	}
	for i, n := range oid {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return b
}
