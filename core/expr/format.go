package expr

import (
	"bytes"
	"strings"

	"github.com/fairleadproxy/fairlead/core/module"
	"github.com/fairleadproxy/fairlead/core/session"
)

// The formats that HAProxy's manual names (section 8.2), as log-format strings.
const (
	TCPLog   = `%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq`
	HTTPLog  = `%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r`
	HTTPSLog = HTTPLog + ` %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc`
	CLF      = `%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl`
	ErrorLog = `%ci:%cp [%t] %ft/%s: %ST %ts`
)

// Format is a parsed log-format string (HAProxy manual section 8.2.6).
type Format struct {
	text  string
	parts []part
}

// part is literal text, a variable or an expression.
type part struct {
	text  []byte
	alias *alias
	expr  *Expr
	flags formatFlags
}

// formatFlags are what %{...} switches.
type formatFlags struct {
	quote  bool // Q: in double quotes, empty values too
	hex    bool // X: addresses and ports in hexadecimal
	escape bool // E: quotes and brackets are escaped by a backslash
	encode bool // in logs, where a line must stay one, control bytes are written as #XX
	http   bool // in HTTP rules, where they would end a header field, as %XX
}

// ParseFormat parses a log-format string: text, %variables, %[expressions],
// %{flags} before either, and %% for a percent sign. What variables and
// expressions give is made safe for where it goes: control bytes are written as
// #XX in logs and as %XX in HTTP rules. Errors are *Error.
func ParseFormat(sc *Scope, text string) (*Format, error) {
	p := formatParser{sc: sc, text: text, f: &Format{text: text}}
	p.flags.encode = sc.Phase == Log
	p.merge = sc.MergeSpaces || sc.Phase == Log
	p.spaced = true
	p.flags.http = In(HTTPRequest, HTTPResponse, HTTPAfterResponse).Has(sc.Phase)
	for p.pos < len(text) {
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	p.flush()
	return p.f, nil
}

// Literal gives the text when the format has no variable part.
func (f *Format) Literal() (string, bool) {
	switch {
	case len(f.parts) == 0:
		return "", true
	case len(f.parts) == 1 && f.parts[0].text != nil:
		return string(f.parts[0].text), true
	}
	return "", false
}

// String gives the format as written.
func (f *Format) String() string { return f.text }

// Append appends the formatted text to dst.
func (f *Format) Append(dst []byte, e *Env) []byte {
	base := len(dst)
	for i := range f.parts {
		p := &f.parts[i]
		switch {
		case p.text != nil:
			dst = append(dst, p.text...)
		case p.alias != nil:
			dst = p.appendAlias(dst, base, e)
		default:
			dst = p.append(dst, base, e, p.appendExpr)
		}
	}
	return dst
}

// noStream stands for the stream where there is none yet.
var noStream = session.Stream{
	Server: "<NOSRV>",
	Term:   [4]byte{'-', '-', '-', '-'},
	Idle:   -1, Handshake: -1, Request: -1, Queue: -1, Connect: -1, Response: -1,
}

func (p *part) appendAlias(dst []byte, base int, e *Env) []byte {
	if e.Stream == nil {
		e.Stream = &noStream
		defer func() { e.Stream = nil }()
	}
	return p.append(dst, base, e, p.alias.append)
}

var space = []byte(" ")

// append applies the flags to what fn appends. The format's own text begins at base.
func (p *part) append(dst []byte, base int, e *Env, fn func([]byte, *Env, formatFlags) []byte) []byte {
	quote := p.flags.quote && (p.alias == nil || !p.alias.quoted)
	if quote {
		dst = append(dst, '"')
	}
	start := len(dst)
	dst = fn(dst, e, p.flags)
	if quote {
		return append(dst, '"')
	}
	if len(dst) == start && p.alias != nil && p.alias.blank {
		return dst
	}
	if len(dst) == start && p.alias != nil && p.alias.vanishes {
		return append(dst[:base], bytes.TrimSuffix(dst[base:], space)...) // with the space before it
	}
	if len(dst) == start && p.flags.encode {
		dst = append(dst, '-') // an empty field would shift those after it
	}
	return dst
}

func (p *part) appendExpr(dst []byte, e *Env, flags formatFlags) []byte {
	s := e.Borrow()
	defer e.GiveBack()
	if !p.expr.Eval(e, s) {
		return dst
	}
	if s.Type == Bin && flags.hex {
		return appendHex(dst, s.Bytes)
	}
	if !Cast(e, s, Str) {
		return dst
	}
	return appendText(dst, s.Bytes, flags)
}

// appendText appends bytes of a client's or server's making.
func appendText(dst, b []byte, flags formatFlags) []byte {
	for i, c := range b {
		switch {
		case flags.escape && (c == '"' || c == '\\' || c == ']'):
			dst = append(dst, '\\', c)
		case flags.encode && (c < 0x20 || c > 0x7e || c == '"'):
			dst = append(dst, '#')
			dst = appendHex(dst, b[i:i+1])
		case flags.http && (c < 0x20 && c != '\t' || c == 0x7f):
			dst = append(dst, '%')
			dst = appendHex(dst, b[i:i+1])
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

const upperHex = "0123456789ABCDEF"

func appendHex(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

type formatParser struct {
	sc     *Scope
	text   string
	pos    int
	lit    []byte
	flags  formatFlags // those that %{...}o has set for all that follow
	merge  bool        // spaces are merged
	spaced bool        // the last one written was a space, or nothing was
	f      *Format
}

func (p *formatParser) flush() {
	if len(p.lit) > 0 {
		p.f.parts = append(p.f.parts, part{text: p.lit})
		p.lit = nil
	}
}

// literal takes text up.
func (p *formatParser) literal(text string) {
	for i := range len(text) {
		if p.merge && p.spaced && text[i] == ' ' {
			continue
		}
		p.lit = append(p.lit, text[i])
		p.spaced = text[i] == ' '
	}
}

// add takes up what is no text.
func (p *formatParser) add(one part) {
	p.flush()
	p.f.parts = append(p.f.parts, one)
	p.spaced = false
}

// next parses one part or one byte of text.
func (p *formatParser) next() error {
	if p.text[p.pos] != '%' {
		if i := strings.IndexByte(p.text[p.pos:], '%'); i > 0 {
			p.literal(p.text[p.pos : p.pos+i])
			p.pos += i
		} else {
			p.literal(p.text[p.pos:])
			p.pos = len(p.text)
		}
		return nil
	}
	start := p.pos
	p.pos++
	if p.pos < len(p.text) && p.text[p.pos] == '%' {
		p.literal("%")
		p.pos++
		return nil
	}
	flags := p.flags
	if err := p.name(); err != nil {
		return err
	}
	if err := p.readFlags(&flags); err != nil {
		return err
	}
	if p.pos < len(p.text) && p.text[p.pos] == '[' {
		return p.expression(start, flags)
	}
	return p.variable(start, flags)
}

// name skips %(name:type), which names a field for structured encodings.
func (p *formatParser) name() error {
	if p.pos >= len(p.text) || p.text[p.pos] != '(' {
		return nil
	}
	i := strings.IndexByte(p.text[p.pos:], ')')
	if i < 0 {
		return errAt(p.pos, "the parenthesis is not closed")
	}
	p.pos += i + 1
	return nil
}

func (p *formatParser) readFlags(flags *formatFlags) error {
	if p.pos >= len(p.text) || p.text[p.pos] != '{' {
		return nil
	}
	end := strings.IndexByte(p.text[p.pos:], '}')
	if end < 0 {
		return errAt(p.pos, "the brace is not closed")
	}
	off := p.pos + 1
	for _, f := range strings.Split(p.text[off:p.pos+end], ",") {
		if err := flags.set(f); err != nil {
			return moved(err, off)
		}
		off += len(f) + 1
	}
	p.pos += end + 1
	return nil
}

func (f *formatFlags) set(text string) error {
	if len(text) < 2 || text[0] != '+' && text[0] != '-' {
		return &Error{Msg: "invalid log-format flag " + quote(text), Hint: "flags are Q, X and E, each after '+' or '-', as in %{+Q}r"}
	}
	on := text[0] == '+'
	switch text[1:] {
	case "Q":
		f.quote = on
	case "X":
		f.hex = on
	case "E":
		f.escape = on
	default:
		return &Error{Msg: "unknown log-format flag " + quote(text[1:]), Hint: "the flags are Q (quote), X (hexadecimal) and E (escape)"}
	}
	return nil
}

// expression parses %[...].
func (p *formatParser) expression(start int, flags formatFlags) error {
	x, n, err := parseExpr(p.sc, p.text[p.pos+1:])
	if err == nil {
		err = x.legalIn(p.sc.Phase)
	}
	if err != nil {
		return moved(err, p.pos+1)
	}
	end := p.pos + 1 + n
	if end >= len(p.text) || p.text[end] != ']' {
		if end >= len(p.text) {
			return errAt(start, "the bracket is not closed")
		}
		return errAt(end, "unexpected %s in the expression", quote(p.text[end:end+1]))
	}
	p.add(part{expr: x, flags: flags})
	p.pos = end + 1
	return nil
}

// variable parses the name of a log variable: the longest that fits.
func (p *formatParser) variable(start int, flags formatFlags) error {
	rest := p.text[p.pos:]
	for n := min(4, len(rest)); n > 0; n-- {
		name := rest[:n]
		if name == "o" && n == 1 {
			p.flags = flags // %o only sets flags
			p.pos++
			return nil
		}
		if a := aliasNamed(name); a != nil {
			if a.http && !p.sc.HTTP && p.sc.Phase != Log {
				return errAt(start, "%%%s is there in HTTP mode only", name)
			}
			p.add(part{alias: a, flags: flags})
			p.sc.read(a.reads)
			p.pos += n
			return nil
		}
	}
	end := 0
	for end < len(rest) && (rest[end] >= 'a' && rest[end] <= 'z' || rest[end] >= 'A' && rest[end] <= 'Z') {
		end++
	}
	err := &Error{Off: start, Msg: "unknown log variable " + quote("%"+rest[:end]), Hint: `write "%%" for a percent sign`}
	if near := module.Suggest(rest[:end], aliasNames()); end > 0 && near != "" {
		err.Hint = "did you mean " + quote("%"+near) + "?"
	}
	return err
}
