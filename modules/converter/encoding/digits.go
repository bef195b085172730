package encoding

import (
	"fmt"
	"strconv"

	"github.com/fairleadproxy/fairlead/core/expr"
	"github.com/fairleadproxy/fairlead/modules/converter/internal/arg"
)

const upperHex = "0123456789ABCDEF"

// digits are the converters that write bytes as numbers and read them.
func digits() []arg.Record {
	chunked := []expr.Arg{arg.Need("separator", expr.ArgStr), arg.Need("chunk_size", expr.ArgInt), {Name: "truncate", Type: expr.ArgInt, Optional: true}}
	return []arg.Record{
		{Name: "hex", Converter: expr.Converter{Doc: "writes each byte as two hexadecimal digits", In: expr.Bin, Out: expr.Str, Eval: hex}},
		{Name: "hex2i", Converter: expr.Converter{Doc: "reads a hexadecimal integer; nothing where there are other characters", In: expr.Str, Out: expr.Int, Eval: hexToInt}},
		{Name: "base2", Converter: expr.Converter{Doc: "writes each byte as eight binary digits", In: expr.Bin, Out: expr.Str, Eval: base2}},
		{Name: "be2dec", Converter: expr.Converter{
			Doc: "writes big-endian integers of chunk_size bytes in decimal, with a separator between them", In: expr.Bin, Out: expr.Str,
			Args: chunked, Bind: bindChunks(8), Eval: decimal(true)}},
		{Name: "le2dec", Converter: expr.Converter{
			Doc: "writes little-endian integers of chunk_size bytes in decimal, with a separator between them", In: expr.Bin, Out: expr.Str,
			Args: chunked, Bind: bindChunks(8), Eval: decimal(false)}},
		{Name: "be2hex", Converter: expr.Converter{
			Doc: "writes bytes in hexadecimal, with a separator every chunk_size bytes", In: expr.Bin, Out: expr.Str,
			Args: arg.Optional(arg.Need("separator", expr.ArgStr), arg.Need("chunk_size", expr.ArgInt), arg.Need("truncate", expr.ArgInt)),
			Bind: bindHexChunks, Eval: hexChunks}},
	}
}

func hex(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	out := e.Scratch(2 * len(s.Bytes))
	for _, c := range s.Bytes {
		out = append(out, upperHex[c>>4], upperHex[c&15])
	}
	s.SetStr(out)
	return true
}

// hexToInt keeps the lower 64 bits.
func hexToInt(_ *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	n := uint64(0)
	for _, c := range s.Bytes {
		d, ok := hexDigit(c)
		if !ok {
			return false
		}
		n = n<<4 | uint64(d)
	}
	s.SetInt(int64(n))
	return true
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func base2(e *expr.Env, _ *expr.Args, s *expr.Sample) bool {
	out := e.Scratch(8 * len(s.Bytes))
	for _, c := range s.Bytes {
		for bit := 7; bit >= 0; bit-- {
			out = append(out, '0'+c>>bit&1)
		}
	}
	s.SetStr(out)
	return true
}

// bindChunks checks the chunk size.
func bindChunks(most int64) func(*expr.Scope, *expr.Args) error {
	return func(_ *expr.Scope, a *expr.Args) error {
		if n := a.Int(1, 1); n < 1 || n > most {
			return fmt.Errorf("the chunk size is %d; it must be 1 to %d bytes", n, most)
		}
		return nil
	}
}

func bindHexChunks(sc *expr.Scope, a *expr.Args) error {
	if a.Str(0) != "" && !a.Given(1) {
		return fmt.Errorf("a separator needs a chunk size, as in be2hex(:,2)")
	}
	return bindChunks(1<<30)(sc, a)
}

// chunk gives the next chunk of b, and whether there was one: a short one at the
// end counts unless truncate is set.
func chunk(a *expr.Args, b []byte) (head, rest []byte, ok bool) {
	n := int(a.Int(1, 1))
	if len(b) >= n {
		return b[:n], b[n:], true
	}
	return b, nil, len(b) > 0 && a.Int(2, 0) == 0
}

func decimal(bigEndian bool) func(*expr.Env, *expr.Args, *expr.Sample) bool {
	return func(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
		size := int(a.Int(1, 1))
		chunks := (len(s.Bytes) + size - 1) / size
		out := e.Scratch(chunks * (20 + len(a.Str(0))))
		for b, first := s.Bytes, true; ; first = false {
			head, rest, ok := chunk(a, b)
			if !ok {
				break
			}
			if !first {
				out = append(out, a.Str(0)...)
			}
			n := uint64(0)
			for i := range head {
				if bigEndian {
					n = n<<8 | uint64(head[i])
				} else {
					n = n<<8 | uint64(head[len(head)-1-i])
				}
			}
			out = strconv.AppendUint(out, n, 10)
			b = rest
		}
		s.SetStr(out)
		return true
	}
}

func hexChunks(e *expr.Env, a *expr.Args, s *expr.Sample) bool {
	size := int(a.Int(1, 1))
	out := e.Scratch(2*len(s.Bytes) + (len(s.Bytes)/size+1)*len(a.Str(0)))
	for b, first := s.Bytes, true; ; first = false {
		head, rest, ok := chunk(a, b)
		if !ok {
			break
		}
		if !first {
			out = append(out, a.Str(0)...)
		}
		for _, c := range head {
			out = append(out, upperHex[c>>4], upperHex[c&15])
		}
		b = rest
	}
	s.SetStr(out)
	return true
}
