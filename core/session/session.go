// Package session holds what is known of a connection and of the stream on it:
// plain facts that the engine writes while a stream lives and that rules,
// fetches and log formats read.
//
// The types are data, owned by the goroutine that drives the stream. Nothing
// here does I/O, and nothing here decides anything.
package session

import (
	"net/netip"
	"time"
)

// Conn is what is known of a client's connection.
type Conn struct {
	// ID numbers the connections of this process from 1.
	ID uint64
	// Src and Dst are the client's and the local address, after any PROXY
	// protocol header; the zero value for UNIX sockets.
	Src, Dst netip.AddrPort
	// RealSrc and RealDst are the addresses of the socket itself.
	RealSrc, RealDst netip.AddrPort
	// FD is the socket's descriptor, -1 when it has none. It may be asked for
	// options and nothing else.
	FD int
	// Protocol names the protocol module that accepted it: "tcp", "mptcp", "unix".
	Protocol string
	// Bind is the name of the bind line, or its address.
	Bind string
	// BindID is the bind's number in its frontend, from 1.
	BindID int
	// Accepted is when the connection was accepted.
	Accepted time.Time
	// Proxied reports whether a PROXY protocol header was received.
	Proxied bool
	// TLVs are what that header told besides addresses, as they stand there, nil for
	// nothing. Package proxyproto reads them.
	TLVs []byte
	// TLS is the state of TLS terminated here, nil without.
	TLS *TLS
	// Err is why the connection failed before it carried anything.
	Err ConnError
	// Requests counts the requests begun on this connection.
	Requests int64
}

// Stream is what is known of one stream: one request and its response in HTTP
// mode, one connection in TCP mode. Durations that never came to be are -1 ns
// or less, which logs print as -1 (HAProxy manual section 8.4).
type Stream struct {
	Conn *Conn

	// Frontend, Backend and Server are names as configured; Server is "<NOSRV>"
	// when no server was chosen.
	Frontend, Backend, Server string
	// ServerAddr is the address dialled, BackendSrc our own address towards it.
	ServerAddr, BackendSrc netip.AddrPort

	// ClientMux and ServerMux are the streams by which it comes and goes, nil where a
	// connection carries one request at a time.
	ClientMux, ServerMux Multiplexed
	// ServerTLS is the state of TLS with the server, nil without.
	ServerTLS *TLS
	// ServerReused reports whether that connection had carried requests before, and
	// ServerErr is why none came about.
	ServerReused bool
	ServerErr    ConnError
	// ServerFD is the server connection's descriptor, -1 while there is none.
	ServerFD int

	// Number numbers the streams of this process from 0, where something reads it.
	Number int64
	// Begin is when the stream began: the accept, or the end of the previous request.
	Begin time.Time
	// Handshake (Th), Idle (Ti), Request (TR), Queue (Tw), Connect (Tc),
	// Response (Tr), Total (Tt) and Active (Ta) are HAProxy's timers.
	Handshake, Idle, Request, Queue, Connect, Response, Total time.Duration

	// Status is the status sent to the client, 0 when none was.
	Status int
	// BytesOut were sent to the client, BytesIn were received from it.
	BytesOut, BytesIn int64
	// Retries counts the connection attempts repeated; Redispatched says that the last went to another server.
	Retries      int
	Redispatched bool
	// Term is HAProxy's termination state: two letters for TCP, four for HTTP, padded with '-'.
	Term [4]byte
	// Conns of the process, frontend, backend and server when the stream ended.
	ActConn, FeConn, BeConn, SrvConn int64
	// SrvQueue and BackendQueue are the positions passed in the queues.
	SrvQueue, BackendQueue int64

	// UniqueID is the stream's unique id, empty when none was asked for.
	UniqueID string
	// HTTP reports whether the stream is in HTTP mode.
	HTTP bool
	// RequestLine keeps the request line, and Captured the captured fields, for logs once the buffer is gone.
	RequestLine []byte
	// CapturedReq and CapturedRes hold captured header values, in order.
	CapturedReq, CapturedRes [][]byte
	// Early says that the line is written before the end (option logasap).
	Early bool
	// ErrorLog reports whether the stream is logged as an error.
	ErrorLog bool
}
