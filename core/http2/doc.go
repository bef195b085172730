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
// keeps them but only costs (empty frames, resets, pings in great numbers) is borne
// as httpmsg.Patience has it, and too much of it ends the connection. A request of
// HTTP/1.1 may become the first stream, as RFC 7540 had it.
//
// It does not do server push and priorities.
package http2
