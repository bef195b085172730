package secure

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"
)

// update fetches a response and gives it to clients from now on.
func (u *Updater) update(c context.Context, p *Pair) (*ocsp.Response, error) {
	if len(p.servers) == 0 || p.issuer == nil {
		return nil, errNoResponder
	}
	leaf, err := x509.ParseCertificate(p.chain[0])
	if err != nil {
		return nil, err
	}
	issuer, err := x509.ParseCertificate(p.issuer)
	if err != nil {
		return nil, err
	}
	ask, err := ocsp.CreateRequest(leaf, issuer, nil)
	if err != nil {
		return nil, err
	}
	c, cancel := context.WithTimeout(c, fetchTimeout)
	defer cancel()
	der, err := u.post(c, p.servers[0], ask)
	if err != nil {
		return nil, err
	}
	res, err := p.judge(der, leaf, u.ctx.Clock().Now())
	if err != nil {
		if res != nil && res.Status == ocsp.Revoked {
			p.setStaple(nil, nil) // what said otherwise is no longer true
		}
		return nil, err
	}
	p.setStaple(der, res)
	u.Kept.put(p.chain[0], der)
	return res, nil
}

// maxResponse is the most that a responder may answer, in bytes.
const maxResponse = 64 << 10

// post asks a responder, perhaps through a proxy, over HTTP/1.0 (RFC 6960 appendix A), whose answers end
// with the connection.
func (u *Updater) post(c context.Context, to string, body []byte) ([]byte, error) {
	at, err := url.Parse(to)
	if err != nil || at.Scheme != "http" || at.Host == "" {
		return nil, fmt.Errorf("the responder %q is no http:// address", to)
	}
	dial, path := at, at.RequestURI()
	if u.Proxy != "" {
		dial, path = &url.URL{Host: u.Proxy}, at.String()
	}
	host := dial.Host
	if dial.Port() == "" {
		host = net.JoinHostPort(dial.Hostname(), "80")
	}
	conn, err := u.ctx.Dial(c, "tcp", host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(c, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // it may be closed already
	defer stop()
	if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n%s", path, at.Host, len(body), body); err != nil {
		return nil, err
	}
	return readAnswer(conn)
}

// readAnswer reads an HTTP response and gives its body.
func readAnswer(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(bufio.NewReader(io.LimitReader(r, maxResponse)))
	if err != nil {
		return nil, err
	}
	head, body, ok := bytes.Cut(text, []byte("\r\n\r\n"))
	line, _, _ := strings.Cut(string(head), "\r\n")
	parts := strings.SplitN(line, " ", 3)
	if !ok || len(parts) < 2 || !strings.HasPrefix(parts[0], "HTTP/1.") {
		return nil, fmt.Errorf("the responder does not speak HTTP: it begins with %q", line)
	}
	if status, err := strconv.Atoi(parts[1]); err != nil || status != 200 {
		return nil, fmt.Errorf("the responder answered %q", line)
	}
	return body, nil
}

var errNoResponder = errors.New("the certificate names no responder, or its issuer is not known")
