package httpmsg

// Known names the fields that an engine itself has to look at; it is found once,
// while parsing, so that nothing searches for them later.
type Known uint8

// The known fields.
const (
	Other Known = iota
	Host
	Connection
	ContentLength
	TransferEncoding
	Upgrade
	Expect
	KeepAlive
	ProxyConnection
	TE
	Trailer
	Cookie
	SetCookie
	XForwardedFor
	Date
	Authorization
)

// Classify says which known field a name is.
func Classify(name []byte) Known {
	switch len(name) {
	case 2:
		return pick(name, "te", TE)
	case 4:
		switch name[0] | 0x20 {
		case 'h':
			return pick(name, "host", Host)
		case 'd':
			return pick(name, "date", Date)
		}
	case 6:
		switch name[0] | 0x20 {
		case 'e':
			return pick(name, "expect", Expect)
		case 'c':
			return pick(name, "cookie", Cookie)
		}
	case 7:
		switch name[0] | 0x20 {
		case 'u':
			return pick(name, "upgrade", Upgrade)
		case 't':
			return pick(name, "trailer", Trailer)
		}
	case 10:
		switch name[0] | 0x20 {
		case 'c':
			return pick(name, "connection", Connection)
		case 'k':
			return pick(name, "keep-alive", KeepAlive)
		case 's':
			return pick(name, "set-cookie", SetCookie)
		}
	case 13:
		return pick(name, "authorization", Authorization)
	case 14:
		return pick(name, "content-length", ContentLength)
	case 15:
		return pick(name, "x-forwarded-for", XForwardedFor)
	case 16:
		return pick(name, "proxy-connection", ProxyConnection)
	case 17:
		return pick(name, "transfer-encoding", TransferEncoding)
	}
	return Other
}

func pick(name []byte, want string, k Known) Known {
	if EqualFold(name, want) {
		return k
	}
	return Other
}

// EqualFold compares b with s without regard to ASCII case.
func EqualFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
