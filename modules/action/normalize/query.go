package normalize

import (
	"bytes"
	"slices"
)

// maxParams is how many parameters are sorted without allocating.
const maxParams = 64

// sortQuery sorts the query's parameters by name; those of one name keep their
// order. A "&" at the end begins no parameter and goes.
func sortQuery(dst, pathq []byte) ([]byte, bool) {
	path, query := cut(pathq)
	dst = append(dst, path...)
	if len(query) == 0 {
		return dst, true
	}
	var room [maxParams][]byte
	params := room[:0]
	for rest := query[1:]; len(rest) > 0; {
		var one []byte
		one, rest, _ = bytes.Cut(rest, []byte("&"))
		params = append(params, one)
	}
	slices.SortStableFunc(params, func(a, b []byte) int { return bytes.Compare(name(a), name(b)) })
	dst = append(dst, '?')
	for i, p := range params {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, p...)
	}
	return dst, true
}

func name(param []byte) []byte {
	n, _, _ := bytes.Cut(param, []byte("="))
	return n
}
