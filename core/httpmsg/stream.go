package httpmsg

import (
	"errors"
	"net"
)

// Stream is one exchange of a protocol that frames messages by itself, as HTTP/2
// and HTTP/3 do: a request one way, a response the other.
//
// As a net.Conn it carries content: Read gives the peer's, with io.EOF at its
// end, Write sends ours. Deadlines hold for waits only, so setting them is cheap
// and starts no timer. Read and Write (and what else sends) may be called by two
// goroutines. Close ends both directions at once; where the exchange is not over
// it cancels it. The stream must not be used after Close.
type Stream interface {
	net.Conn
	// ReadHead waits for the peer's head and fills m with it: on the server's
	// side of the protocol the request, on the client's the next response, of
	// which those below 200 come first. m is valid until the next ReadHead or
	// Close. m.Body is NoBody when the message ends with its head, Length when it
	// has a content-length, UntilClose otherwise. Errors are *StreamError,
	// os.ErrDeadlineExceeded, or what the connection ended with.
	ReadHead(m *Message) error
	// ReadTrailers adds the trailer fields that came after the content to m,
	// once Read has given io.EOF, and reports whether there were any.
	ReadTrailers(m *Message) bool
	// WriteHead sends a head. With end nothing follows it, and it leaves at once;
	// without, it leaves with the first content or with Flush. Fields that have no
	// place in the protocol (Connection and what belongs to it, Transfer-Encoding,
	// Host in favour of the authority) are left out. A status below 200, but 101,
	// may be followed by another head, and leaves at once.
	WriteHead(m *Message, end bool) error
	// Flush sends what WriteHead held back.
	Flush() error
	// WriteLast is Write followed by CloseWrite, in one; p may be empty.
	WriteLast(p []byte) (int, error)
	// WriteTrailers sends trailer fields, which end our direction.
	WriteTrailers(m *Message) error
	// CloseWrite ends our direction.
	CloseWrite() error
	// Cancel ends the exchange with a reason for the peer. It may be called at
	// any time by any goroutine; Close is still due.
	Cancel(why Reason)
}

// Joiner is a Stream that can carry a session of WebTransport, to which other
// streams of its connection belong, and datagrams.
type Joiner interface {
	Stream
	// Join has what belongs to the session pass to that of other, a stream of the
	// other side, and back, until one of the two is closed. alive is called as it
	// does.
	Join(other Stream, alive func()) error
}

// Abortable is a Stream that tells when its peer has aborted it, or is gone, before
// anybody reads or writes.
type Abortable interface {
	// Watch has w told once, at once where it has happened already; nil ends that,
	// and when Watch returns nobody is being told any more.
	Watch(w Watcher)
}

// Watcher is told of the end of a stream, by any goroutine. It must not block, nor
// use the stream.
type Watcher interface{ Aborted() }

// ErrAside is the error of ReadHead for a stream that is no exchange, but belongs
// to a session and is carried elsewhere. Close is still due.
var ErrAside = errors.New("the stream is no exchange")

// Reason says why a stream is cancelled.
type Reason uint8

// The reasons.
const (
	Cancelled Reason = iota // not needed any more, or the other side failed
	NoError                 // the response is complete, the rest of the request is not needed
	Refused                 // nothing was done: it may be sent again
	Broken                  // the other side broke off its message, or a defect of ours
	Malformed               // the peer broke the rules of HTTP
)

// StreamError is how a stream ended before its time.
type StreamError struct {
	// Remote says that the peer ended it.
	Remote bool
	// Retry says that the peer did nothing for it: it may be sent again.
	Retry bool
	// Malformed says that the peer broke the rules of HTTP. The stream was reset for
	// that where Status is 0.
	Malformed bool
	// Status is the HTTP status to answer with, 0 when none can be sent.
	Status int
	// Msg says what happened, in lower case.
	Msg string
}

func (e *StreamError) Error() string { return e.Msg }

// ErrBusy is the error of Open when the peer allows no more streams at present.
var ErrBusy = errors.New("the connection carries as many streams as it may")

// ErrIdle is what Serve returns when no stream is in progress for a while and
// the connection can wait without a goroutine: Serve may be called again.
var ErrIdle = errors.New("the connection idles")

// ServerSession is a client's connection that carries many streams.
type ServerSession interface {
	// Serve gives each stream that the client begins to handle, which must not
	// block, until the connection ends: nil when it ended as it should. Streams
	// in progress are then cancelled. Only one goroutine may be in it.
	Serve(handle func(Stream)) error
	// Shutdown lets the client begin no more streams; once those in progress have
	// ended Serve returns. It may be called by any goroutine, and more than once.
	Shutdown()
	// Close ends the connection and all its streams.
	Close() error
}

// EarlySession is a ServerSession whose streams may come before the handshake is
// over, as early data, which whoever recorded them may send again.
type EarlySession interface {
	ServerSession
	// Handshake is closed once the handshake has succeeded; nil when it had from
	// the start.
	Handshake() <-chan struct{}
	// Done is closed when the connection has ended.
	Done() <-chan struct{}
}

// ClientSession is a connection to a server that carries many streams. All
// methods may be called by any goroutine.
type ClientSession interface {
	// Open begins a stream: ErrBusy when there is no room for another, any other
	// error when the connection takes no more.
	Open() (Stream, error)
	// Room says how many more streams may be opened now, 0 also when the
	// connection has ended or the server takes no more.
	Room() int
	// Streams says how many are in progress.
	Streams() int
	// Done is closed when the connection has ended.
	Done() <-chan struct{}
	// Close ends the connection and all its streams.
	Close() error
}
