// Package http2 carries many exchanges over one connection by HTTP/2 (RFC 9113),
// on the side of a server and on that of a client. It gives and takes
// httpmsg.Messages; what they are about is its user's business.
//
//	s := http2.NewServer(conn, &buf, &http2.Options{MaxConcurrentStreams: 100})
//	err := s.Serve(func(x httpmsg.Stream) { go answer(x) })
//
//	c, err := http2.NewClient(conn, &http2.Options{MaxConcurrentStreams: 100})
//	x, err := c.Open()
//
// One goroutine reads a connection. Streams write by themselves: frames gather
// in the connection's buffer, and whoever finds nobody writing writes what there
// is, so that the answers of many streams leave in one system call. All state
// of a connection but that of its reader is under one lock.
//
// Heads are decoded by golang.org/x/net/http2/hpack; they are encoded here,
// without a dynamic table, so that encoding keeps and allocates nothing. What
// breaks the rules ends the stream or the connection as RFC 9113 has it; what
// keeps them but only costs (resets, empty frames, pings in great numbers)
// is counted as glitches, and too many end the connection.
//
// It does not do server push, priorities, and the upgrade from HTTP/1.1, which
// RFC 9113 has taken back.
package http2
