package httphead

// AppendInt appends an integer with a prefix of so many bits, which shares its
// byte with first (RFC 7541 section 5.1, RFC 9204 section 4.1.1).
func AppendInt(b []byte, first byte, bits uint, n int) []byte {
	limit := 1<<bits - 1
	if n < limit {
		return append(b, first|byte(n))
	}
	b = append(b, first|byte(limit))
	for n -= limit; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// AppendLower appends a field's name in lower case, as both protocols want it.
func AppendLower(b, name []byte) []byte {
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}
