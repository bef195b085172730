// Package relay moves bytes between connections: pooled buffers, splice(2)
// where both sides are sockets that allow it, half-close passed on, deadlines
// that are re-armed only when they have to be, and a watcher that keeps idle
// connections without a goroutine.
//
//	c := relay.NewConn(file)            // a non-blocking socket
//	c.ReadTimeout(30 * time.Second)
//	err := c.Fill(&buf)                 // waits without holding a buffer
//	_, err = c.Write(buf.Bytes())
//
// One goroutine may read a Conn while another writes it; nothing else is safe
// for concurrent use unless it says so. The package knows nothing of protocols,
// rules or configuration.
package relay
