package expr

import (
	"bytes"
	"os"
	"strconv"
)

// pid does not change.
var pid = int64(os.Getpid())

var countAliases = map[string]*alias{
	"ac":  {doc: "connections of the process", append: intOf(func(e *Env) int64 { return e.Stream.ActConn })},
	"fc":  {doc: "connections of the frontend", append: intOf(func(e *Env) int64 { return e.Stream.FeConn })},
	"bc":  {doc: "connections of the backend", append: intOf(func(e *Env) int64 { return e.Stream.BeConn })},
	"sc":  {doc: "connections of the server", append: intOf(func(e *Env) int64 { return e.Stream.SrvConn })},
	"sq":  {doc: "position in the server's queue", append: intOf(func(e *Env) int64 { return e.Stream.SrvQueue })},
	"bq":  {doc: "position in the backend's queue", append: intOf(func(e *Env) int64 { return e.Stream.BackendQueue })},
	"lc":  {doc: "number of the log line", append: intOf(func(e *Env) int64 { return int64(e.Conn.ID) })},
	"rt":  {doc: "number of the stream in this process", reads: Uses{Number: true}, append: hexOf(4, func(e *Env) int64 { return e.Stream.Number })},
	"pid": {doc: "process id", append: hexOf(4, func(*Env) int64 { return pid })},
	"U":   {doc: "bytes from the client", append: intOf(func(e *Env) int64 { return e.Stream.BytesIn })},
	"rc": {doc: "retries, after + when redispatched", append: func(dst []byte, e *Env, _ formatFlags) []byte {
		if e.Stream.Redispatched {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, int64(e.Stream.Retries), 10)
	}},
	"B": {doc: "bytes to the client", append: func(dst []byte, e *Env, _ formatFlags) []byte {
		if e.Stream.Early {
			dst = append(dst, '+')
		}
		return strconv.AppendInt(dst, e.Stream.BytesOut, 10)
	}},
	"ts": {doc: "termination state, two letters", append: func(dst []byte, e *Env, _ formatFlags) []byte {
		return append(dst, e.Stream.Term[0], e.Stream.Term[1])
	}},
	"tsc": {doc: "termination state with cookie status, four letters", append: func(dst []byte, e *Env, _ formatFlags) []byte {
		return append(dst, e.Stream.Term[:]...)
	}},
	"ID": {doc: "unique id", append: strOf(func(e *Env) string { return e.Stream.UniqueID })},
}

// requestPart gives a part of the kept request line: 0 method, 1 target, 2 version.
func requestPart(e *Env, i int) []byte {
	line := e.Stream.RequestLine
	first, last := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if first < 0 || last <= first {
		return badRequest
	}
	switch i {
	case 0:
		return line[:first]
	case 1:
		return line[first+1 : last]
	}
	return line[last+1:]
}

// badRequest stands for a request that was not understood.
var badRequest = []byte("<BADREQ>")

func requestPath(e *Env) []byte {
	t := requestPart(e, 1)
	if i := bytes.Index(t, []byte("://")); i > 0 {
		if j := bytes.IndexByte(t[i+3:], '/'); j >= 0 {
			t = t[i+3+j:]
		}
	}
	if i := bytes.IndexByte(t, '?'); i >= 0 {
		t = t[:i]
	}
	return t
}

func requestQuery(e *Env) []byte {
	t := requestPart(e, 1)
	if i := bytes.IndexByte(t, '?'); i >= 0 {
		return t[i:]
	}
	return nil
}

var httpAliases = map[string]*alias{
	"ST": {doc: "status code", http: true, append: func(dst []byte, e *Env, _ formatFlags) []byte {
		if e.Stream.Status == 0 {
			return append(dst, "-1"...)
		}
		return strconv.AppendInt(dst, int64(e.Stream.Status), 10)
	}},
	"r": {doc: "request line", http: true, reads: Uses{RequestLine: true}, append: textOf(func(e *Env) []byte {
		if len(e.Stream.RequestLine) == 0 {
			return badRequest
		}
		return e.Stream.RequestLine
	})},
	"HM":  {doc: "method", http: true, reads: Uses{RequestLine: true}, append: textOf(func(e *Env) []byte { return requestPart(e, 0) })},
	"HU":  {doc: "request target", http: true, reads: Uses{RequestLine: true}, append: textOf(func(e *Env) []byte { return requestPart(e, 1) })},
	"HP":  {doc: "path", http: true, reads: Uses{RequestLine: true}, append: textOf(requestPath)},
	"HPO": {doc: "path only", http: true, reads: Uses{RequestLine: true}, append: textOf(requestPath)},
	"HQ":  {doc: "query, with its question mark", http: true, blank: true, reads: Uses{RequestLine: true}, append: textOf(requestQuery)},
	"HV":  {doc: "version", http: true, reads: Uses{RequestLine: true}, append: textOf(func(e *Env) []byte { return requestPart(e, 2) })},
	"CC":  {doc: "captured request cookie", http: true, append: func(dst []byte, _ *Env, _ formatFlags) []byte { return append(dst, '-') }},
	"CS":  {doc: "captured response cookie", http: true, append: func(dst []byte, _ *Env, _ formatFlags) []byte { return append(dst, '-') }},
	"hr":  {doc: "captured request header fields", http: true, vanishes: true, append: captures(func(e *Env) [][]byte { return e.Stream.CapturedReq }, '|', true)},
	"hs":  {doc: "captured response header fields", http: true, vanishes: true, append: captures(func(e *Env) [][]byte { return e.Stream.CapturedRes }, '|', true)},
	"hrl": {doc: "captured request header fields, listed", http: true, vanishes: true, quoted: true, append: captures(func(e *Env) [][]byte { return e.Stream.CapturedReq }, ' ', false)},
	"hsl": {doc: "captured response header fields, listed", http: true, vanishes: true, quoted: true, append: captures(func(e *Env) [][]byte { return e.Stream.CapturedRes }, ' ', false)},
}

// captures writes captured values: {a|b}, or each in quotes.
func captures(get func(*Env) [][]byte, sep byte, braces bool) func([]byte, *Env, formatFlags) []byte {
	return func(dst []byte, e *Env, flags formatFlags) []byte {
		values := get(e)
		if len(values) == 0 {
			return dst
		}
		if braces {
			dst = append(dst, '{')
		}
		for i, v := range values {
			if i > 0 {
				dst = append(dst, sep)
			}
			if braces {
				dst = appendText(dst, v, flags)
				continue
			}
			dst = append(dst, '"')
			dst = append(appendText(dst, v, flags), '"')
		}
		if braces {
			dst = append(dst, '}')
		}
		return dst
	}
}
