package secure

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/ocsp"
)

var errIssuer = errors.New("its issuer is not known: add the issuer's certificate to the chain, or in a file of the same name with .issuer at its end")

// StapleError is why clients should not get an OCSP response.
type StapleError struct{ Err error }

func (e *StapleError) Error() string { return e.Err.Error() }
func (e *StapleError) Unwrap() error { return e.Err }

// judge reads an OCSP response and refuses one that clients should not get, by a
// *StapleError.
func (p *Pair) judge(der []byte, leaf *x509.Certificate, now time.Time) (*ocsp.Response, error) {
	res, err := p.look(der, leaf, now)
	if err != nil {
		err = &StapleError{err}
	}
	return res, err
}

func (p *Pair) look(der []byte, leaf *x509.Certificate, now time.Time) (*ocsp.Response, error) {
	if p.issuer == nil {
		return nil, errIssuer
	}
	issuer, err := x509.ParseCertificate(p.issuer)
	if err != nil {
		return nil, err
	}
	res, err := ocsp.ParseResponseForCert(der, leaf, issuer)
	switch {
	case err != nil:
		return nil, err
	case res.Status == ocsp.Revoked:
		return res, fmt.Errorf("it says that the certificate was revoked on %s", res.RevokedAt.UTC().Format(time.DateOnly))
	case res.Status != ocsp.Good:
		return res, errors.New("it says that the certificate is unknown")
	case !res.NextUpdate.IsZero() && now.After(res.NextUpdate):
		return res, fmt.Errorf("it expired at %s", res.NextUpdate.UTC().Format(time.RFC3339))
	case now.Before(res.ThisUpdate):
		return res, errors.New("it is not valid yet")
	}
	return res, nil
}

// timestamps splits a list of signed certificate timestamps (RFC 6962 section 3.3).
func timestamps(list []byte) ([][]byte, error) {
	var scts [][]byte
	in := cryptobyte.String(list)
	var all cryptobyte.String
	ok := in.ReadUint16LengthPrefixed(&all) && in.Empty()
	for ok && !all.Empty() {
		var one cryptobyte.String
		if ok = all.ReadUint16LengthPrefixed(&one); ok {
			scts = append(scts, one)
		}
	}
	if !ok {
		return nil, errors.New("the file .sctl is no list of signed certificate timestamps")
	}
	return scts, nil
}
