package managed

import "testing"

func TestName(t *testing.T) {
	for name, want := range map[string]string{
		"example.com": "example.com", "EXAMPLE.com": "example.com", "www.example.com.": "www.example.com", "*.Example.com": "*.example.com",
		"localhost": "localhost", "my_app.test": "my_app.test", "bücher.example": "xn--bcher-kva.example", "xn--bcher-kva.example": "xn--bcher-kva.example",
		"192.0.2.1": "192.0.2.1", "2001:DB8::1": "2001:db8::1",
	} {
		if got, err := Name(name); err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{
		"a b.example.com":     `"a b.example.com" is not a name such as "www.example.com"`,
		"":                    `"" is not a name such as "www.example.com"`,
		"a..b":                `"a..b" is not a name such as "www.example.com"`,
		".example.com":        `".example.com" is not a name such as "www.example.com"`,
		"-a.example.com":      `"-a.example.com" is not a name such as "www.example.com"`,
		"../etc":              `"../etc" is not a name such as "www.example.com"`,
		"fe80::1%eth0":        `"fe80::1%eth0" is not a name such as "www.example.com"`,
		"https://example.com": `"https://example.com" is a URL: write the name alone, "example.com"`,
		"example.com:443":     `"example.com:443" has a port: write the name alone, "example.com"`,
		"*":                   `"*": an asterisk stands for the first label alone, as in "*.example.com"`,
		"*.*.example.com":     `"*.*.example.com": an asterisk stands for the first label alone, as in "*.example.com"`,
		"a*.example.com":      `"a*.example.com": an asterisk stands for the first label alone, as in "*.example.com"`,
	} {
		if got, err := Name(name); err == nil || err.Error() != want {
			t.Errorf("%q gives %q, %v; want the error %s", name, got, err, want)
		}
	}
}
