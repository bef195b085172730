package tls

import (
	"errors"
	"fmt"
	"time"

	"github.com/fairleadproxy/fairlead/core/admin"
	"github.com/fairleadproxy/fairlead/core/secure"
	"github.com/fairleadproxy/fairlead/modules/layer/tls/internal/tlscommands"
)

// Commands gives the commands about certificates.
func (l *Layer) Commands() []admin.Command {
	list := tlscommands.Commands(tlscommands.Sources{Store: func() *secure.Store { return l.store }, Managed: l.managed})
	return append(list, []admin.Command{
		{Name: "show certs", Level: admin.Operator, Doc: "the certificates with their ends, parted by tabs", Run: func([]string) (string, error) {
			return tabulate(l.Certificates(), time.Now()), nil
		}},
		{Name: "acme status", Doc: "the certificates that come by themselves", Run: func([]string) (string, error) {
			return acmeStatus(l.Certificates(), time.Now()), nil
		}},
		{Name: "acme renew", Doc: "NAME get a new certificate", Run: func(args []string) (string, error) {
			if len(args) != 1 {
				return "", errors.New("usage: acme renew NAME")
			}
			return "", l.RenewCertificate(args[0])
		}},
		{Name: "acme add", Doc: "NAME [ISSUER] get a certificate for one more name until the next reload", Run: edit("add", l.AddCertificate)},
		{Name: "acme del", Doc: "NAME [ISSUER] give the certificate of a name up until the next reload", Run: edit("del", l.RemoveCertificate)},
	}...)
}

// managed gives the certificates that come by themselves.
func (l *Layer) managed() (list []tlscommands.Managed) {
	for _, c := range l.Certificates() {
		if c.Issuer != "" {
			list = append(list, tlscommands.Managed(c))
		}
	}
	return list
}

// edit makes a command of a name and perhaps an issuer.
func edit(verb string, do func(name, issuer string) error) admin.Handler {
	return func(args []string) (string, error) {
		switch len(args) {
		case 1:
			return "", do(args[0], "")
		case 2:
			return "", do(args[0], args[1])
		}
		return "", fmt.Errorf("usage: acme %s NAME [ISSUER]", verb)
	}
}
