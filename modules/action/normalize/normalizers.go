package normalize

import "bytes"

// normalizers are the normal forms by their names in the configuration.
var normalizers = map[string]normalizer{
	"fragment-encode":           encodeFragment,
	"fragment-strip":            stripFragment,
	"path-merge-slashes":        mergeSlashes,
	"path-strip-dot":            stripDot,
	"path-strip-dotdot":         stripDotDot,
	"percent-decode-unreserved": decodeUnreserved,
	"percent-to-uppercase":      percentUppercase,
	"query-sort-by-name":        sortQuery,
}

// cut parts path and query, which has its "?".
func cut(pathq []byte) (path, query []byte) {
	if i := bytes.IndexByte(pathq, '?'); i >= 0 {
		return pathq[:i], pathq[i:]
	}
	return pathq, nil
}

func encodeFragment(dst, pathq []byte) ([]byte, bool) {
	for _, c := range pathq {
		if c == '#' {
			dst = append(dst, "%23"...)
		} else {
			dst = append(dst, c)
		}
	}
	return dst, true
}

func stripFragment(dst, pathq []byte) ([]byte, bool) {
	if i := bytes.IndexByte(pathq, '#'); i >= 0 {
		pathq = pathq[:i]
	}
	return append(dst, pathq...), true
}

func mergeSlashes(dst, pathq []byte) ([]byte, bool) {
	path, query := cut(pathq)
	for i, c := range path {
		if c != '/' || i == 0 || path[i-1] != '/' {
			dst = append(dst, c)
		}
	}
	return append(dst, query...), true
}

// segment cuts the first segment off a path, which begins with "/"; it comes
// without its slash.
func segment(path []byte) (first, rest []byte) {
	if i := bytes.IndexByte(path[1:], '/'); i >= 0 {
		return path[1 : 1+i], path[1+i:]
	}
	return path[1:], nil
}

func stripDot(dst, pathq []byte) ([]byte, bool) {
	path, query := cut(pathq)
	for len(path) > 0 {
		s, rest := segment(path)
		switch {
		case string(s) != ".":
			dst = append(append(dst, '/'), s...)
		case len(rest) == 0:
			dst = append(dst, '/') // the directory itself
		}
		path = rest
	}
	return append(dst, query...), true
}

func stripDotDot(dst, pathq []byte) ([]byte, bool) { return dotDot(dst, pathq, false), true }

func stripDotDotFull(dst, pathq []byte) ([]byte, bool) { return dotDot(dst, pathq, true), true }

// dotDot takes the segment before away with each "..". Those that have none
// stay, unless full is set.
func dotDot(dst, pathq []byte, full bool) []byte {
	path, query := cut(pathq)
	base := len(dst)
	for len(path) > 0 {
		s, rest := segment(path)
		last := bytes.LastIndexByte(dst[base:], '/')
		switch {
		case string(s) != "..":
			dst = append(append(dst, '/'), s...)
		case last >= 0 && string(dst[base+last:]) != "/..":
			dst = dst[:base+last]
		case !full:
			dst = append(dst, "/.."...)
		}
		if string(s) == ".." && len(rest) == 0 {
			dst = append(dst, '/') // the directory itself
		}
		path = rest
	}
	return append(dst, query...)
}

// percent calls put for each well-formed "%XX", copies the rest, and reports
// whether every "%" was one of such.
func percent(dst, pathq []byte, put func(dst, triplet []byte, value byte) []byte) ([]byte, bool) {
	valid := true
	for i := 0; i < len(pathq); i++ {
		if pathq[i] == '%' {
			if i+2 < len(pathq) {
				hi, lo := digit(pathq[i+1]), digit(pathq[i+2])
				if hi < 16 && lo < 16 {
					dst = put(dst, pathq[i:i+3], hi<<4|lo)
					i += 2
					continue
				}
			}
			valid = false
		}
		dst = append(dst, pathq[i])
	}
	return dst, valid
}

// digit gives the value of a hexadecimal digit, 16 or more for other bytes.
func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

func decodeUnreserved(dst, pathq []byte) ([]byte, bool) {
	return percent(dst, pathq, func(dst, triplet []byte, c byte) []byte {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' {
			return append(dst, c)
		}
		return append(dst, triplet...)
	})
}

func percentUppercase(dst, pathq []byte) ([]byte, bool) {
	return percent(dst, pathq, func(dst, triplet []byte, _ byte) []byte {
		for _, c := range triplet {
			if c >= 'a' {
				c -= 'a' - 'A'
			}
			dst = append(dst, c)
		}
		return dst
	})
}
