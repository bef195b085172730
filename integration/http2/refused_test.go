package http2

import (
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
)

// TestBrokenOff has a server break the first request off in several ways: what it
// says that it has not looked at is sent again, also what must not be sent twice, and
// nothing else. HAProxy's answer is shown beside.
func TestBrokenOff(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(r *raw, id uint32)
		want string // of a POST, which has no content
	}{
		"REFUSED_STREAM":       {func(r *raw, id uint32) { r.WriteRSTStream(id, http2.ErrCodeRefusedStream) }, "again"},
		"above GOAWAY's last":  {func(r *raw, id uint32) { r.WriteGoAway(id-2, http2.ErrCodeNo, nil) }, "again"},
		"a reset":              {func(r *raw, id uint32) { r.WriteRSTStream(id, http2.ErrCodeInternal) }, "502 Bad Gateway"},
		"a cancelled stream":   {func(r *raw, id uint32) { r.WriteRSTStream(id, http2.ErrCodeCancel) }, "502 Bad Gateway"},
		"the connection's end": {func(r *raw, id uint32) { r.c.Close() }, "502 Bad Gateway"},
		"GOAWAY, then the end": {func(r *raw, id uint32) {
			r.WriteGoAway(id, http2.ErrCodeInternal, nil)
			r.c.Close()
		}, "502 Bad Gateway"},
		"GOAWAY, then the answer": {func(r *raw, id uint32) {
			r.WriteGoAway(id, http2.ErrCodeNo, nil)
			r.head(id, true, r.block(":status", "200", "x-conn", "answered"))
		}, "answered"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, balancer := range []string{"haproxy", "fairlead"} {
				var requests atomic.Int32
				entry := serveRaw(t, func(r *raw, req *http2.MetaHeadersFrame) {
					switch requests.Add(1) {
					case 1:
						r.head(req.StreamID, true, r.block(":status", "200"))
					case 2:
						c.do(r, req.StreamID)
					default:
						r.head(req.StreamID, true, r.block(":status", "200", "x-conn", "again"))
					}
				})
				server := strings.Split(entry, `"`)[1]
				k := keep(t, both(t, server, "safe", "")[balancer])
				k.get("/")
				k.Write([]byte("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"))
				got := k.receive()
				t.Log(balancer, got)
				if balancer == "fairlead" && got != c.want {
					t.Errorf("it gets %s, want %s", got, c.want)
				}
				if got := k.get("/"); balancer == "fairlead" && got != "again" {
					t.Errorf("the next request gets %s", got)
				}
			}
		})
	}
}
