package expr

import (
	"math/bits"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Args are the arguments of one use of a fetch or converter, checked and
// converted when the configuration was loaded.
type Args struct {
	// N is how many were given.
	N int
	// V holds one for each that the record declares.
	V []ArgValue
	// Data is what the record's Bind made of them.
	Data any
}

// ArgValue is one argument.
type ArgValue struct {
	Given bool
	Str   string
	Int   int64
	IP    netip.Addr
	Regex *regexp.Regexp
	Var   *VarRef // of ArgVar, and of the OrVar types where a variable was named
}

// Str gives argument i as text, "" when it was not given.
func (a *Args) Str(i int) string {
	if i >= len(a.V) {
		return ""
	}
	return a.V[i].Str
}

// Int gives argument i as a number, otherwise when it was not given.
func (a *Args) Int(i int, otherwise int64) int64 {
	if !a.Given(i) {
		return otherwise
	}
	return a.V[i].Int
}

// Given reports whether argument i was given.
func (a *Args) Given(i int) bool { return i < len(a.V) && a.V[i].Given }

// rawArg is an argument as written, and where.
type rawArg struct {
	text   string
	off    int
	quoted bool
}

// bindArgs converts the arguments as the record declares them. name and off
// are those of the fetch or converter.
func bindArgs(sc *Scope, name string, off int, decl []Arg, raw []rawArg) (*Args, error) {
	if len(raw) == 1 && raw[0].text == "" && !raw[0].quoted && (len(decl) == 0 || decl[0].Optional) {
		raw = nil // empty parentheses
	}
	if len(raw) > len(decl) {
		return nil, errAt(raw[len(decl)].off, "%s takes %s, not %d", name, countArgs(len(decl)), len(raw))
	}
	a := &Args{N: len(raw), V: make([]ArgValue, len(decl))}
	for i, d := range decl {
		if i >= len(raw) || raw[i].text == "" && !raw[i].quoted && d.Optional {
			if !d.Optional {
				return nil, errAt(off, "%s lacks its argument %q", name, d.Name)
			}
			continue
		}
		v, err := d.Type.parse(sc, raw[i])
		if err != nil {
			return nil, errAt(raw[i].off, "argument %q of %s: %v", d.Name, name, err)
		}
		v.Given = true
		a.V[i] = v
	}
	return a, nil
}

func countArgs(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	}
	return strconv.Itoa(n) + " arguments"
}

// parse converts one argument.
func (t ArgType) parse(sc *Scope, raw rawArg) (v ArgValue, err error) {
	v.Str = raw.text
	switch t {
	case ArgStr:
	case ArgInt:
		v.Int, err = parseInt(raw.text)
	case ArgSize:
		v.Int, err = parseSize(raw.text)
	case ArgDuration:
		var d time.Duration
		d, err = ParseDuration(raw.text)
		v.Int = int64(d)
	case ArgIP:
		if v.IP, err = netip.ParseAddr(raw.text); err != nil {
			err = errAt(0, "%q is not an IP address", raw.text)
		}
	case ArgMask:
		v.Int, err = parseMask(raw.text, 32)
	case ArgMask6:
		v.Int, err = parseMask(raw.text, 128)
	case ArgRegex:
		v.Regex, err = regexp.Compile(raw.text)
	case ArgFrontend:
		if sc.Table != nil {
			if _, ok := sc.Table.Frontend(raw.text); !ok {
				err = errAt(0, "there is no frontend %q", raw.text)
			}
		}
	case ArgBackend:
		if sc.Table != nil {
			if _, ok := sc.Table.Backend(raw.text); !ok {
				err = errAt(0, "there is no backend %q", raw.text)
			}
		}
	case ArgServer:
		err = sc.checkServer(raw.text)
	case ArgVar:
		v.Var, err = sc.VarNamed(raw.text)
	case ArgUserlist:
		if sc.Userlists != nil {
			if _, ok := sc.Userlists(raw.text); !ok {
				err = errAt(0, "there is no userlist %q", raw.text)
			}
		}
	case ArgIntOrVar:
		if v.Int, err = parseInt(raw.text); err != nil && hasVarScope(raw.text) {
			v.Var, err = sc.VarNamed(raw.text)
		}
	case ArgStrOrVar:
		if !raw.quoted && hasVarScope(raw.text) {
			v.Var, err = sc.VarNamed(raw.text)
		}
	}
	return v, err
}

func (sc *Scope) checkServer(text string) error {
	be, srv, ok := strings.Cut(text, "/")
	if !ok {
		return nil // of the current backend, found when it is evaluated
	}
	if sc.Table == nil {
		return nil
	}
	p, found := sc.Table.Backend(be)
	if !found {
		return errAt(0, "there is no backend %q", be)
	}
	for _, s := range p.Servers() {
		if s.Name() == srv {
			return nil
		}
	}
	return errAt(0, "backend %q has no server %q", be, srv)
}

func parseInt(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errAt(0, "%q is not an integer", s)
	}
	return n, nil
}

// parseSize reads a number of bytes with k, m or g for powers of 1024.
func parseSize(s string) (int64, error) {
	digits, factor := s, int64(1)
	if len(s) > 0 {
		switch s[len(s)-1] | 0x20 {
		case 'k':
			digits, factor = s[:len(s)-1], 1<<10
		case 'm':
			digits, factor = s[:len(s)-1], 1<<20
		case 'g':
			digits, factor = s[:len(s)-1], 1<<30
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > (1<<62)/factor {
		return 0, errAt(0, "%q is not a size such as 16k", s)
	}
	return n * factor, nil
}

// ParseDuration reads HAProxy's time format (manual section 2.5): a number with
// us, ms, s, m, h or d; ms without a unit.
func ParseDuration(s string) (time.Duration, error) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	units := map[string]time.Duration{"": time.Millisecond, "us": time.Microsecond, "ms": time.Millisecond,
		"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	unit, ok := units[s[i:]]
	n, err := strconv.ParseInt(s[:i], 10, 64)
	if !ok || err != nil || n > int64(1<<63-1)/int64(unit) {
		return 0, errAt(0, "%q is not a time such as 500ms, 5s or 1h", s)
	}
	return time.Duration(n) * unit, nil
}

// parseMask reads a prefix length, or a mask written as an address of that many bits.
func parseMask(s string, most int) (int64, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.BitLen() == most {
		n := leadingOnes(a.AsSlice())
		if p, err := a.Prefix(n); err == nil && p.Addr() == a && a.Zone() == "" {
			return int64(n), nil
		}
		return 0, errAt(0, "the mask %q has holes", s)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(s, "/"))
	if err != nil || n < 0 || n > most {
		return 0, errAt(0, "%q is not a mask of up to %d bits", s, most)
	}
	return int64(n), nil
}

// leadingOnes counts the one bits before the first zero bit.
func leadingOnes(b []byte) int {
	n := 0
	for _, c := range b {
		ones := bits.LeadingZeros8(^c)
		n += ones
		if ones < 8 {
			break
		}
	}
	return n
}
