package session

// ConnError is why a connection failed before it carried anything, by HAProxy's
// numbers (manual section 7.3.3, fc_err_str).
type ConnError uint8

// The errors of connections that there are here.
const (
	NoError      ConnError = 0
	ProxyEmpty   ConnError = 11
	ProxyAbort   ConnError = 12
	ProxyTimeout ConnError = 13
	ProxyCut     ConnError = 14
	ProxyNone    ConnError = 15
	ProxyInvalid ConnError = 16
	SSLEmpty     ConnError = 24
	SSLAbort     ConnError = 25
	SSLTimeout   ConnError = 26
	SSLTooMany   ConnError = 27
	SSLCAFail    ConnError = 30
	SSLCrtFail   ConnError = 31
	SSLOtherHost ConnError = 32 // the server's certificate is not for the configured name
	SSLOtherName ConnError = 33 // nor for that of the handshake
	SSLHandshake ConnError = 34
	Refused      ConnError = 46
	Reset        ConnError = 47
	Unreachable  ConnError = 48

	// Breach has no counterpart in HAProxy, which does not log it.
	Breach ConnError = 200
)

// Name gives HAProxy's name of the error, "" for none.
func (e ConnError) Name() string { return e.texts().name }

// String gives HAProxy's message.
func (e ConnError) String() string { return e.texts().message }

type errorTexts struct{ name, message string }

func (e ConnError) texts() errorTexts {
	switch e {
	case NoError:
		return errorTexts{"", "Success"}
	case ProxyEmpty:
		return errorTexts{"PRX_EMPTY", "Connection closed while waiting for PROXY protocol header"}
	case ProxyAbort:
		return errorTexts{"PRX_ABORT", "Connection error while waiting for PROXY protocol header"}
	case ProxyTimeout:
		return errorTexts{"PRX_TIMEOUT", "Timeout while waiting for PROXY protocol header"}
	case ProxyCut:
		return errorTexts{"PRX_TRUNCATED", "Truncated PROXY protocol header received"}
	case ProxyNone:
		return errorTexts{"PRX_NOT_HDR", "Received something which does not look like a PROXY protocol header"}
	case ProxyInvalid:
		return errorTexts{"PRX_BAD_HDR", "Received an invalid PROXY protocol header"}
	case SSLEmpty:
		return errorTexts{"SSL_EMPTY", "Connection closed during SSL handshake"}
	case SSLAbort:
		return errorTexts{"SSL_ABORT", "Connection error during SSL handshake"}
	case Breach:
		return errorTexts{"BREACH", "Protocol violation"}
	case SSLTimeout:
		return errorTexts{"SSL_TIMEOUT", "Timeout during SSL handshake"}
	case SSLTooMany:
		return errorTexts{"SSL_TOO_MANY", "Too many SSL connections"}
	case SSLCAFail:
		return errorTexts{"SSL_CA_FAIL", "SSL client CA chain cannot be verified"}
	case SSLCrtFail:
		return errorTexts{"SSL_CRT_FAIL", "SSL client certificate not trusted"}
	case SSLOtherHost:
		return errorTexts{"SSL_MISMATCH", "Server presented an SSL certificate different from the configured one"}
	case SSLOtherName:
		return errorTexts{"SSL_MISMATCH_SNI", "Server presented an SSL certificate different from the expected one"}
	case Refused:
		return errorTexts{"EREFUSED", "ECONNREFUSED returned by OS"}
	case Reset:
		return errorTexts{"ERESET", "ECONNRESET returned by OS"}
	case Unreachable:
		return errorTexts{"EUNREACH", "ENETUNREACH returned by OS"}
	}
	return errorTexts{"SSL_HANDSHAKE", "SSL handshake failure"}
}
