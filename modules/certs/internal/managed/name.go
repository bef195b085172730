package managed

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// Name gives a name as certificates have it, and as a Manager wants it: in lower
// case, without a dot at its end, and other scripts in ASCII (RFC 5890). It may be an
// IP address, and may begin with "*.".
func Name(name string) (string, error) {
	if ip, err := netip.ParseAddr(name); err == nil && ip.Zone() == "" {
		return ip.String(), nil
	}
	if u, err := url.Parse(name); err == nil && u.Host != "" {
		return "", fmt.Errorf("%q is a URL: write the name alone, %q", name, u.Hostname())
	}
	if host, port, ok := strings.Cut(name, ":"); ok && host != "" && strings.Trim(port, "0123456789") == "" {
		return "", fmt.Errorf("%q has a port: write the name alone, %q", name, host)
	}
	rest, wild := strings.CutPrefix(name, "*.")
	if rest == "*" || strings.Contains(rest, "*") {
		return "", fmt.Errorf(`%q: an asterisk stands for the first label alone, as in "*.example.com"`, name)
	}
	ascii, err := names.ToASCII(strings.TrimSuffix(rest, "."))
	if err != nil || strings.Trim(ascii, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		return "", fmt.Errorf("%q is not a name such as \"www.example.com\"", name)
	}
	if wild {
		ascii = "*." + ascii
	}
	return ascii, nil
}

// names is what programs do to a name before they ask the DNS. Names with
// underscores are in use in private networks.
var names = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.VerifyDNSLength(true))
