package lab

import (
	"io"
	"net/http"
)

// EchoUpgrade switches a request's connection to a protocol that sends back what
// comes, until it ends.
func EchoUpgrade(w http.ResponseWriter) {
	c, b, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	io.Copy(c, b)
}
