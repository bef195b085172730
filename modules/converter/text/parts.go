package text

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

// cutting are the converters that give a part of the string.
func cutting() []arg.Record {
	index := []expr.Arg{arg.Need("index", expr.ArgInt), arg.Need("delimiters", expr.ArgStr), {Name: "count", Type: expr.ArgInt, Optional: true}}
	return []arg.Record{
		{Name: "field", Converter: expr.Converter{
			Doc: "gives the field with the index, from the end when it is negative, and as many as count says, 0 for all", In: expr.Str, Out: expr.Str,
			Args: index, Bind: bindIndex, Eval: field}},
		{Name: "word", Converter: expr.Converter{
			Doc: "gives the word with the index, as field does but without empty ones", In: expr.Str, Out: expr.Str,
			Args: index, Bind: bindIndex, Eval: words}},
		{Name: "bytes", Converter: expr.Converter{
			Doc: "gives the bytes from an offset on, up to a length", In: expr.Bin, Out: expr.Bin,
			Args: []expr.Arg{arg.Need("offset", expr.ArgIntOrVar), {Name: "length", Type: expr.ArgIntOrVar, Optional: true}}, Eval: part}},
		{Name: "param", Converter: expr.Converter{
			Doc: "gives the value of the first parameter of that name, as in a query", In: expr.Str, Out: expr.Str,
			Args: []expr.Arg{arg.Need("name", expr.ArgStr), {Name: "delimiter", Type: expr.ArgStr, Optional: true}}, Bind: bindParam, Eval: param}},
		{Name: "regsub", Converter: expr.Converter{
			Doc: "replaces the first match of a regular expression, or all with flag g", In: expr.Str, Out: expr.Str,
			Args: []expr.Arg{arg.Need("regex", expr.ArgStr), arg.Need("substitution", expr.ArgStr), {Name: "flags", Type: expr.ArgStr, Optional: true}},
			Bind: bindRegsub, Eval: regsub}},
	}
}

func bindIndex(sc *expr.Scope, a *expr.Args) error {
	if a.Int(0, 0) == 0 {
		return fmt.Errorf("the index is 0; the first is 1, the last -1")
	}
	if a.Str(1) == "" {
		return fmt.Errorf("there must be at least one delimiter")
	}
	return bindSet(1)(sc, a)
}

// next finds the first delimiter at or after i, the length of b when there is none.
func (t *set) next(b []byte, i int) int {
	for i < len(b) && !t[b[i]] {
		i++
	}
	return i
}

// last finds the end of the delimiter before i, 0 when there is none.
func (t *set) last(b []byte, i int) int {
	for i > 0 && !t[b[i-1]] {
		i--
	}
	return i
}

// field gives fields; a delimiter stands between two of them.
func field(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	t, index, count := a.Data.(*set), a.V[0].Int, a.Int(2, 1)
	b := s.Bytes
	if index > 0 {
		start := 0
		for ; index > 1; index-- {
			if start = t.next(b, start) + 1; start > len(b) {
				return false
			}
		}
		end := len(b)
		if count > 0 {
			for end = start - 1; count > 0 && end < len(b); count-- {
				end = t.next(b, end+1)
			}
		}
		s.Bytes = b[start:end]
		return true
	}
	end := len(b)
	for ; index < -1; index++ {
		if end = t.last(b, end) - 1; end < 0 {
			return false
		}
	}
	start := 0
	if count > 0 {
		for start = end + 1; count > 0 && start > 0; count-- {
			start = t.last(b, start-1)
		}
	}
	s.Bytes = b[start:end]
	return true
}

// words gives words; delimiters may repeat. Where there are fewer words than
// asked for, what is given goes on to the end of the string, with the
// delimiters there; where there is none, it is empty.
func words(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	t, index, count := a.Data.(*set), a.V[0].Int, a.Int(2, 1)
	if index > 0 {
		s.Bytes = t.forward(s.Bytes, index, count)
	} else {
		s.Bytes = t.backward(s.Bytes, -index, count)
	}
	return true
}

func (t *set) forward(b []byte, index, count int64) []byte {
	start := -1
	for i, n := 0, int64(1); ; n++ {
		for i < len(b) && t[b[i]] {
			i++
		}
		if i == len(b) {
			break
		}
		if n == index {
			start = i
		}
		if i = t.next(b, i); start >= 0 && count > 0 && n-index == count-1 {
			return b[start:i]
		}
	}
	if start < 0 {
		return b[:0]
	}
	return b[start:]
}

func (t *set) backward(b []byte, index, count int64) []byte {
	end := -1
	for i, n := len(b), int64(1); ; n++ {
		for i > 0 && t[b[i-1]] {
			i--
		}
		if i == 0 {
			break
		}
		if n == index {
			end = i
		}
		if i = t.last(b, i); end >= 0 && count > 0 && n-index == count-1 {
			return b[i:end]
		}
	}
	return b[:max(end, 0)]
}

// part gives nothing, but gives it, when offset or length make no sense.
func part(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	offset, ok := arg.Int(e, a, 0, 0)
	if !ok {
		return false
	}
	size := int64(len(s.Bytes))
	length, ok := arg.Int(e, a, 1, size)
	if !ok {
		return false
	}
	if offset < 0 || offset >= size || length < 0 {
		s.Bytes = s.Bytes[:0]
		return true
	}
	s.Bytes = s.Bytes[offset : offset+min(length, size-offset)]
	return true
}

// parameter is what param looks for.
type parameter struct {
	name      []byte
	delimiter byte
}

func bindParam(_ *expr.Scope, a *expr.Args) error {
	p := parameter{name: []byte(a.Str(0)), delimiter: '&'}
	switch text := a.Str(1); {
	case text == "":
	case len(text) == 1:
		p.delimiter = text[0]
	default:
		n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToLower(text), "0x"), 16, 8)
		if err != nil || len(text) != 4 {
			return fmt.Errorf("the delimiter %q is neither one character nor a code such as 0x3b", text)
		}
		p.delimiter = byte(n)
	}
	a.Data = p
	return nil
}

func param(_ *expr.Env, a *expr.Args, s *expr.Sample) bool {
	p := a.Data.(parameter)
	for rest, more := s.Bytes, true; more; {
		one := rest
		if i := bytes.IndexByte(rest, p.delimiter); i >= 0 {
			one, rest = rest[:i], rest[i+1:]
		} else {
			more = false
		}
		if !bytes.HasPrefix(one, p.name) {
			continue
		}
		switch value := one[len(p.name):]; {
		case len(value) == 0:
			s.Bytes = value
			return true
		case value[0] == '=':
			s.Bytes = value[1:]
			return true
		}
	}
	return false
}
