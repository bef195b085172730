// Package trust is what an authority of one's own tells those who are to trust
// it, in bytes: builds without TLS do not know the types of crypto/x509.
package trust

// Authority is a certificate source that signs by itself.
type Authority interface {
	// Root gives the certificate that is to be trusted, making it if there is none
	// yet. It may be called between Prepare and Stop.
	Root() (Root, error)
	// Read reads such a certificate in PEM. The error says why it is none.
	Read(pem []byte) (Root, error)
}

// Root is the certificate of an authority.
type Root struct {
	Name string // its common name
	DER  []byte
	PEM  []byte
}
