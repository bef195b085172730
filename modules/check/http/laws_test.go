package http

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/fairleadproxy/fairlead/core/moduletest/checktest"
)

func TestLaws(t *testing.T) {
	checktest.Laws(t, "http", `path = "/healthz"`, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
	})
}
