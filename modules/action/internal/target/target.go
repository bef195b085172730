// Package target is the request target for the actions that change or copy it:
// its parts, and what must hold after a change (RFC 9112 section 3.2).
//
//	before, path, query := target.Split(tx.Req.Target())
//	target.Set(tx, before, newPath, query)
//
// The slices that Split returns are views of its argument. The package decides
// nothing about the content of paths and queries.
package target

import (
	"bytes"
	"strings"

	"github.com/fairleadproxy/fairlead/core/action"
	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/core/http1"
	"github.com/fairleadproxy/fairlead/core/httpmsg"
)

// Split parts a target: scheme and authority of the absolute form, path, and
// query with its "?". The three put together are the target.
func Split(target []byte) (before, path, query []byte) {
	if len(target) > 0 && target[0] != '/' {
		if authority, ok := http1.Authority(target); ok {
			end := bytes.Index(target, []byte("://")) + 3 + len(authority)
			before, target = target[:end:end], target[end:]
		}
	}
	if i := bytes.IndexByte(target, '?'); i >= 0 {
		return before, target[:i:i], target[i:]
	}
	return before, target, nil
}

// HasPath reports whether the request's target has a path, or may get one: that
// of CONNECT is a host and a port.
func HasPath(m *httpmsg.Message) bool { return string(m.Method()) != "CONNECT" }

// Set sets the target of its three parts. A path that does not begin with "/"
// gets one, so that it can be neither empty nor a part of the authority.
func Set(tx *action.Tx, before, path, query []byte) {
	b := append(tx.Scratch(len(before)+len(path)+len(query)+1), before...)
	star := string(path) == "*" && len(before)+len(query) == 0
	if len(path) == 0 && len(before) == 0 || len(path) > 0 && path[0] != '/' && !star {
		b = append(b, '/')
	}
	tx.Req.SetTarget(append(append(b, path...), query...))
}

// SetWhole sets the target as a whole, if it is in a form that a request line
// may have. An authority in it becomes the Host, as the two must not differ (RFC
// 9112 section 3.2.2).
func SetWhole(tx *action.Tx, target []byte) {
	m := tx.Req
	authority, absolute := http1.Authority(target)
	switch {
	case absolute:
		if !isHost(authority) {
			return
		}
		m.SetTarget(target)
		if host, ok := m.Header("host"); !ok || !bytes.Equal(host, authority) {
			m.SetHeader("Host", authority)
		}
	case len(target) > 0 && target[0] == '/', string(target) == "*":
		m.SetTarget(target)
	}
}

// isHost reports whether an authority is a host and perhaps a port, as a Host
// field has to be (RFC 9110 section 7.2): there is no user in it.
func isHost(b []byte) bool {
	if i := bytes.LastIndexByte(b, ':'); i >= 0 && b[len(b)-1] != ']' {
		for _, c := range b[i+1:] {
			if c < '0' || c > '9' {
				return false
			}
		}
		if len(b)-i > 6 {
			return false
		}
		b = b[:i]
	}
	chars := "-._~%!$&'()*+,;="
	if len(b) > 1 && b[0] == '[' && b[len(b)-1] == ']' {
		b, chars = b[1:len(b)-1], ":."
	}
	for _, c := range b {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && strings.IndexByte(chars, c) < 0 {
			return false
		}
	}
	return len(b) > 0
}

// SetAuthority makes the authority of a target in absolute form that of a new
// Host.
func SetAuthority(tx *action.Tx, host []byte) {
	t := tx.Req.Target()
	old, ok := http1.Authority(t)
	if !ok || !HasPath(tx.Req) || !isHost(host) {
		return
	}
	at := bytes.Index(t, []byte("://")) + 3
	b := append(tx.Scratch(len(t)+len(host)), t[:at]...)
	tx.Req.SetTarget(append(append(b, host...), t[at+len(old):]...))
}

// valueSize is the scratch space for a formatted part, in bytes; longer ones are
// allocated.
const valueSize = 512

// Value formats a part of a target. It lives as long as the stream. Bytes that
// cannot stand in a target, such as those that would end it, are percent-encoded.
func Value(tx *action.Tx, f *expr.Format) []byte {
	return Escape(tx, f.Append(tx.Scratch(valueSize), tx.Env))
}

// Escape percent-encodes white space, control bytes and what is not ASCII (RFC 3986
// section 2.1); without any it gives b.
func Escape(tx *action.Tx, b []byte) []byte {
	n := 0
	for _, c := range b {
		if ends(c) {
			n++
		}
	}
	if n == 0 {
		return b
	}
	const digits = "0123456789ABCDEF"
	out := tx.Scratch(len(b) + 2*n)
	for _, c := range b {
		if ends(c) {
			out = append(out, '%', digits[c>>4], digits[c&15])
		} else {
			out = append(out, c)
		}
	}
	return out
}

// ends reports whether a byte cannot stand in a target.
func ends(c byte) bool { return c <= ' ' || c >= 0x7f }
