package action

import (
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
	"github.com/fairleadproxy/fairlead/core/module"
)

// The sets of lists that most actions are legal in.
var (
	// Messages are the lists in which a message's head can be changed.
	Messages = expr.In(expr.HTTPRequest, expr.HTTPResponse, expr.HTTPAfterResponse)
	// Requests is where the request can be changed.
	Requests = expr.In(expr.HTTPRequest)
	// Streams are all lists but those for connections just accepted.
	Streams = expr.In(expr.TCPContent, expr.HTTPRequest, expr.TCPResponse, expr.HTTPResponse, expr.HTTPAfterResponse)
	// Everywhere are all rule lists but that of quic-initial.
	Everywhere = Streams | expr.In(expr.TCPConnection, expr.TCPSession)
)

// Format parses a log-format string that stands in a field of an action's config.
func Format(sc *expr.Scope, field, text string) (*expr.Format, error) {
	f, err := expr.ParseFormat(sc, text)
	if err != nil {
		return nil, &module.FieldError{Field: field, Err: err}
	}
	return f, nil
}

// Expr parses a sample expression that stands in a field of an action's config.
func Expr(sc *expr.Scope, field, text string) (*expr.Expr, error) {
	x, err := expr.ParseExpr(sc, text)
	if err != nil {
		return nil, &module.FieldError{Field: field, Err: err}
	}
	return x, nil
}

// Message gives the message that rules of the current list are about: the
// request, or the response; nil where there is none.
func (tx *Tx) Message() *httpmsg.Message {
	if tx.Phase == expr.HTTPResponse || tx.Phase == expr.HTTPAfterResponse {
		return tx.Res
	}
	return tx.Req
}

// valueSize is the scratch space for a formatted value, in bytes; longer ones
// are allocated.
const valueSize = 512

// Value formats a value for a head. It lives as long as the stream. Bytes that
// would end a line, and NUL, become spaces (RFC 9110 section 5.5): whoever wrote
// them cannot add fields of their own.
func (tx *Tx) Value(f *expr.Format) []byte {
	b := f.Append(tx.Scratch(valueSize), tx.Env)
	for i, c := range b {
		if c == '\r' || c == '\n' || c == 0 {
			b[i] = ' '
		}
	}
	return b
}

// Token reports whether s is a token, as names of header fields and methods
// have to be (RFC 9110 section 5.6.2).
func Token(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '!' || c == '#' || c == '$' || c == '%' || c == '&' || c == '\'' || c == '*' ||
			c == '+' || c == '-' || c == '.' || c == '^' || c == '_' || c == '`' || c == '|' || c == '~':
		default:
			return false
		}
	}
	return s != ""
}
