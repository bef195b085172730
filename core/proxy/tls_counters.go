package proxy

import (
	"crypto/tls"
	"errors"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/fairleadproxy/fairlead/core/secure"
)

// TLSCounters count the handshakes of a listener, a frontend or a server. All are
// safe for concurrent use.
type TLSCounters struct {
	Sessions atomic.Int64 // ssl_sess: handshakes that succeeded
	Resumed  atomic.Int64 // ssl_reused_sess: those of them that resumed a session
	Failed   atomic.Int64 // ssl_failed_handshake
	Causes   [causes]atomic.Int64
}

// cause is why a handshake failed.
type cause uint8

const (
	causeOther       cause = iota
	causeGone              // the client left before it was over
	causeTimeout           // it took too long, or waited too long to begin
	causePlain             // the client spoke plain HTTP
	causeMalformed         // what came is not TLS, or breaks its rules
	causeProtocol          // no application protocol in common (ALPN)
	causeNothing           // no version, cipher or curve in common
	causeName              // no certificate for the name
	causeCertificate       // the other side's certificate was missing or refused
	causeRefused           // the other side sent an alert, as when it does not trust our certificate
	causes
)

var causeNames = [causes]string{
	"other", "gone", "timeout", "plain", "malformed", "alpn", "unsupported", "unknown-name", "certificate", "alert",
}

func (c cause) String() string { return causeNames[c] }

// succeeded counts a handshake.
func (c *TLSCounters) succeeded(resumed bool) {
	c.Sessions.Add(1)
	if resumed {
		c.Resumed.Add(1)
	}
}

// failed counts one that failed.
func (c *TLSCounters) failed(why cause) {
	c.Failed.Add(1)
	c.Causes[why].Add(1)
}

// causeOfTLS finds out why a handshake failed. crypto/tls has types for few of its
// errors, so the words of others are looked at.
func causeOfTLS(err error) cause {
	var header tls.RecordHeaderError
	var verify *secure.VerifyError
	var invalid *tls.CertificateVerificationError
	var alert tls.AlertError
	switch {
	case errors.Is(err, secure.ErrName):
		return causeName
	case errors.Is(err, os.ErrDeadlineExceeded):
		return causeTimeout
	case errors.As(err, &header):
		if looksLikeHTTP(header.RecordHeader[:]) {
			return causePlain
		}
		return causeMalformed
	case errors.As(err, &verify), errors.As(err, &invalid):
		return causeCertificate
	case errors.As(err, &alert):
		return causeRefused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return causeGone
	}
	text := err.Error()
	for _, w := range causeWords {
		if strings.Contains(text, w.words) {
			return w.cause
		}
	}
	return causeOther
}

var causeWords = []struct {
	words string
	cause cause
}{
	{"remote error", causeRefused},
	{"application protocol", causeProtocol},
	{"unsupported versions", causeNothing},
	{"no cipher suite", causeNothing},
	{"no key exchanges", causeNothing},
	{"no mutually supported", causeNothing},
	{"no supported", causeNothing},
	{"didn't provide a certificate", causeCertificate},
	{"certificate", causeCertificate},
	{"unexpected", causeMalformed},
	{"decoding", causeMalformed},
	{"oversized", causeMalformed},
	{"bad record MAC", causeMalformed},
	{"unmarshal", causeMalformed},
	{"invalid", causeMalformed},
	{"illegal", causeMalformed},
	{"sent", causeMalformed},
}
