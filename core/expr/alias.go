package expr

import (
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"time"
)

// alias is a log variable such as %ci.
type alias struct {
	doc  string
	http bool // only there in HTTP mode
	// vanishes: when there is nothing to write, the space before goes too.
	vanishes bool
	// quoted: it has quotes of its own, and takes no others.
	quoted bool
	// blank: nothing is written where it is empty, also in logs.
	blank bool
	// reads is what it needs kept or counted.
	reads  Uses
	append func(dst []byte, e *Env, flags formatFlags) []byte
}

// aliases are the log variables of HAProxy's manual, section 8.2.6. The map is
// written once, here.
var aliases = merge(addressAliases, timeAliases, countAliases, httpAliases)

func merge(sets ...map[string]*alias) map[string]*alias {
	all := map[string]*alias{}
	for _, set := range sets {
		for name, a := range set {
			all[name] = a
		}
	}
	return all
}

func aliasNamed(name string) *alias { return aliases[name] }

func aliasNames() []string { return slices.Sorted(maps.Keys(aliases)) }

// The shapes of most variables.

func addrOf(get func(*Env) netip.AddrPort) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, flags formatFlags) []byte {
		a := get(e).Addr()
		switch {
		case !a.IsValid():
			return append(dst, '-')
		case flags.hex && a.Unmap().Is4():
			b := a.Unmap().As4()
			return appendHex(dst, b[:])
		case flags.hex:
			b := a.As16()
			return appendHex(dst, b[:])
		}
		return a.AppendTo(dst)
	}
}

func portOf(get func(*Env) netip.AddrPort) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, flags formatFlags) []byte {
		p := get(e)
		switch {
		case !p.IsValid():
			return append(dst, '0')
		case flags.hex:
			return appendHex(dst, []byte{byte(p.Port() >> 8), byte(p.Port())})
		}
		return strconv.AppendUint(dst, uint64(p.Port()), 10)
	}
}

func intOf(get func(*Env) int64) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, _ formatFlags) []byte { return strconv.AppendInt(dst, get(e), 10) }
}

// hexOf is an integer that %{+X} writes in hexadecimal, with so many digits or more.
func hexOf(digits int, get func(*Env) int64) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, flags formatFlags) []byte {
		if !flags.hex {
			return strconv.AppendInt(dst, get(e), 10)
		}
		return appendHexInt(dst, get(e), digits)
	}
}

func appendHexInt(dst []byte, n int64, digits int) []byte {
	for digits < 16 && n>>(4*digits) != 0 {
		digits++
	}
	for i := digits - 1; i >= 0; i-- {
		dst = append(dst, upperHex[n>>(4*i)&15])
	}
	return dst
}

func strOf(get func(*Env) string) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, flags formatFlags) []byte { return append(dst, get(e)...) }
}

func textOf(get func(*Env) []byte) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, flags formatFlags) []byte { return appendText(dst, get(e), flags) }
}

func millis(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Milliseconds()
}

// hostname is read once, when the process starts; empty where it has none.
var hostname, _ = os.Hostname()

var addressAliases = map[string]*alias{
	"ci": {doc: "client's address", append: addrOf(func(e *Env) netip.AddrPort { return e.Conn.Src })},
	"cp": {doc: "client's port", append: portOf(func(e *Env) netip.AddrPort { return e.Conn.Src })},
	"fi": {doc: "frontend's address", append: addrOf(func(e *Env) netip.AddrPort { return e.Conn.Dst })},
	"fp": {doc: "frontend's port", append: portOf(func(e *Env) netip.AddrPort { return e.Conn.Dst })},
	"bi": {doc: "own address towards the server", append: addrOf(func(e *Env) netip.AddrPort { return e.Stream.BackendSrc })},
	"bp": {doc: "own port towards the server", append: portOf(func(e *Env) netip.AddrPort { return e.Stream.BackendSrc })},
	"si": {doc: "server's address", append: addrOf(func(e *Env) netip.AddrPort { return e.Stream.ServerAddr })},
	"sp": {doc: "server's port", append: portOf(func(e *Env) netip.AddrPort { return e.Stream.ServerAddr })},
	"f":  {doc: "frontend's name", append: strOf(func(e *Env) string { return e.Stream.Frontend })},
	"ft": {doc: "frontend's name, with ~ after it for TLS", append: frontendTransport},
	"b":  {doc: "backend's name", append: strOf(func(e *Env) string { return e.Stream.Backend })},
	"s":  {doc: "server's name", append: strOf(func(e *Env) string { return e.Stream.Server })},
	"H":  {doc: "host name of this machine", append: strOf(func(*Env) string { return hostname })},
	"sslv": {doc: "TLS version", append: strOf(func(e *Env) string {
		if e.Conn.TLS == nil {
			return ""
		}
		return e.Conn.TLS.Version
	})},
	"sslc": {doc: "TLS cipher", append: strOf(func(e *Env) string {
		if e.Conn.TLS == nil {
			return ""
		}
		return e.Conn.TLS.Cipher
	})},
}

func frontendTransport(dst []byte, e *Env, _ formatFlags) []byte {
	dst = append(dst, e.Stream.Frontend...)
	if e.Conn.TLS != nil {
		dst = append(dst, '~')
	}
	return dst
}
