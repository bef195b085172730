package session

// Multiplexed is one of the streams that a connection of HTTP/2 or HTTP/3 carries at
// once.
type Multiplexed interface {
	// Mux tells of it as it is now. The stream must not have been closed.
	Mux() Mux
}

// Mux is what is known of such a stream and of its connection.
type Mux struct {
	// Version is that of HTTP: 2 or 3.
	Version int
	// ID is the stream's number on the connection.
	ID uint64
	// Streams are in progress on the connection, of the Limit that there may be.
	Streams, Limit int
	// Glitches counts the oddities of the peer.
	Glitches int64
	// Aborted reports whether the peer ended the stream before its time, with the
	// code Reset.
	Aborted bool
	Reset   uint64
}

// Mux gives m: what was known of a stream that is no more.
func (m Mux) Mux() Mux { return m }
