package text

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/expr"
)

// mapped changes s by a function of each byte, in scratch space from the first
// byte on that changes.
func mapped(e *expr.Env, s *expr.Sample, from, to byte) bool {
	for i, c := range s.Bytes {
		if c < from || c > to {
			continue
		}
		out := append(e.Scratch(len(s.Bytes)), s.Bytes...)
		for ; i < len(out); i++ {
			if from <= out[i] && out[i] <= to {
				out[i] ^= 0x20
			}
		}
		s.SetStr(out)
		break
	}
	return true
}

func lower(e *expr.Env, _ *expr.Args, s *expr.Sample) bool { return mapped(e, s, 'A', 'Z') }
func upper(e *expr.Env, _ *expr.Args, s *expr.Sample) bool { return mapped(e, s, 'a', 'z') }

func length(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	s.SetInt(int64(len(s.Bytes)))
	return true
}

func reverse(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	out := e.Scratch(len(s.Bytes))
	for i := len(s.Bytes) - 1; i >= 0; i-- {
		out = append(out, s.Bytes[i])
	}
	s.SetStr(out)
	return true
}

func reverseDomain(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	name := bytes.TrimSuffix(s.Bytes, []byte("."))
	out := e.Scratch(len(name))
	for {
		i := bytes.LastIndexByte(name, '.')
		if i == len(name)-1 { // also where name is empty
			return false
		}
		out = append(out, name[i+1:]...)
		if i < 0 {
			s.SetStr(out)
			return true
		}
		out = append(out, '.')
		name = name[:i]
	}
}

// set is a set of bytes.
type set [256]bool

func newSet(chars string) *set {
	var t set
	for i := range len(chars) {
		t[chars[i]] = true
	}
	return &t
}

// bindSet keeps argument i as a set, which must not be empty.
func bindSet(i int) func(*expr.Scope, *expr.Args) error {
	return func(_ *expr.Scope, a *expr.Args) error {
		if a.Str(i) == "" {
			return fmt.Errorf("there must be at least one character")
		}
		a.Data = newSet(a.Str(i))
		return nil
	}
}

func ltrim(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	t := a.Data.(*set)
	for len(s.Bytes) > 0 && t[s.Bytes[0]] {
		s.Bytes = s.Bytes[1:]
	}
	return true
}

func rtrim(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	t := a.Data.(*set)
	for n := len(s.Bytes); n > 0 && t[s.Bytes[n-1]]; n-- {
		s.Bytes = s.Bytes[:n-1]
	}
	return true
}

func cutCRLF(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	if i := bytes.IndexAny(s.Bytes, "\r\n"); i >= 0 {
		s.Bytes = s.Bytes[:i]
	}
	return true
}

// The masks that has_ctl knows by name, and the one without an argument: bits
// 0 to 31 stand for the characters of these codes, bit 32 for DEL.
const (
	maskDefault = 0x1FFFFFDFF
	maskAny     = 0x1FFFFFFFF
	maskHTTP    = 0x2401
)

func bindMask(_ *expr.Scope, a *expr.Args) error {
	mask := uint64(maskDefault)
	switch text := a.Str(0); text {
	case "":
	case "any":
		mask = maskAny
	case "http":
		mask = maskHTTP
	default:
		n, err := strconv.ParseUint(text, 0, 64)
		if err != nil || n > maskAny {
			return fmt.Errorf("%q is not a mask of 33 bits such as 0x2401, nor any or http", text)
		}
		mask = n
	}
	var t set
	for i := range 32 {
		t[i] = mask>>i&1 != 0
	}
	t[0x7f] = mask>>32 != 0
	a.Data = &t
	return nil
}

func hasControl(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	t := a.Data.(*set)
	found := false
	for _, c := range s.Bytes {
		if t[c] {
			found = true
			break
		}
	}
	s.SetBool(found)
	return true
}
