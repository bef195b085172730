package tls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/fairleadproxy/fairlead/core/layer"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/core/session"
)

// failure tells why a handshake failed; received says that bytes had come.
func failure(err error, received bool) *layer.Error {
	why := causeOf(err)
	return &layer.Error{Cause: why, Conn: connError(why, err, received), Err: err}
}

// failure tells why a handshake with the server failed. A certificate for another name
// differs from what verifyhost says, or from what the handshake asked for.
func (c *connector) failure(err error) *layer.Error {
	out := &layer.Error{Cause: causeOf(err), Conn: session.SSLHandshake, Err: err}
	var other x509.HostnameError
	switch {
	case out.Cause == layer.Timeout:
		out.Conn = session.SSLTimeout
	case !errors.As(err, &other):
	case c.verifyHost:
		out.Conn = session.SSLOtherHost
	default:
		out.Conn = session.SSLOtherName
	}
	return out
}

// causeOf finds out why a handshake failed. crypto/tls has types for few of its
// errors, so the words of others are looked at.
func causeOf(err error) layer.Cause {
	var header tls.RecordHeaderError
	var verify *secure.VerifyError
	var invalid *tls.CertificateVerificationError
	var alert tls.AlertError
	switch {
	case errors.Is(err, secure.ErrName):
		return layer.Name
	case errors.Is(err, os.ErrDeadlineExceeded):
		return layer.Timeout
	case errors.As(err, &header):
		if looksLikeHTTP(header.RecordHeader[:]) {
			return layer.Plain
		}
		return layer.Malformed
	case errors.As(err, &verify), errors.As(err, &invalid):
		return layer.Certificate
	case errors.As(err, &alert):
		return layer.Refused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return layer.Gone
	}
	text := err.Error()
	for _, w := range causeWords {
		if strings.Contains(text, w.words) {
			return w.cause
		}
	}
	return layer.Other
}

var causeWords = []struct {
	words string
	cause layer.Cause
}{
	{"remote error", layer.Refused},
	{"server rejected ECH", layer.Refused},
	{"application protocol", layer.Protocol},
	{"unsupported versions", layer.Nothing},
	{"no cipher suite", layer.Nothing},
	{"no key exchanges", layer.Nothing},
	{"no mutually supported", layer.Nothing},
	{"no supported", layer.Nothing},
	{"didn't provide a certificate", layer.Certificate},
	{"certificate", layer.Certificate},
	{"unexpected", layer.Malformed},
	{"decoding", layer.Malformed},
	{"oversized", layer.Malformed},
	{"bad record MAC", layer.Malformed},
	{"unmarshal", layer.Malformed},
	{"invalid", layer.Malformed},
	{"illegal", layer.Malformed},
	{"sent", layer.Malformed},
}

// connError gives the error by HAProxy's numbers.
func connError(why layer.Cause, err error, received bool) session.ConnError {
	var verify *secure.VerifyError
	switch why {
	case layer.Gone:
		if received {
			return session.SSLAbort
		}
		return session.SSLEmpty
	case layer.Timeout:
		if errors.Is(err, errTooMany) {
			return session.SSLTooMany
		}
		return session.SSLTimeout
	case layer.Certificate:
		if errors.As(err, &verify) && verify.Depth > 0 {
			return session.SSLCAFail
		}
		return session.SSLCrtFail
	}
	return session.SSLHandshake
}
