// Package proxyproto reads and writes the header of the PROXY protocol, versions
// 1 and 2, by which a proxy tells the next one who its client is ("The PROXY
// protocol", haproxy.org; HAProxy manual, "accept-proxy" and "send-proxy").
//
// A receiver collects bytes until a header is complete:
//
//	h, n, err := proxyproto.Parse(received)
//	switch {
//	case errors.Is(err, proxyproto.ErrIncomplete): // read more, under a deadline
//	case err != nil: // close the connection
//	case h.Proxied(): // the client is h.Src; the payload begins at received[n]
//	default: // the client is whoever connected
//	}
//
// A sender puts the header before the first byte:
//
//	out = proxyproto.AppendV1(out, client, local)
//	out, err = proxyproto.AppendV2(out, proxyproto.NewHeader(client, local))
//
// The functions do no I/O, keep no state and are safe for concurrent use. Parse
// allocates only for the paths of unix sockets and for errors; the Append
// functions only when dst has to grow. Whom to trust with the header, and how
// long to wait for it, is the caller's business: a header from an untrusted peer
// is a forged address.
package proxyproto
