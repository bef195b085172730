// Program webtransport is a server and a client of WebTransport, for tests. It is
// a module of its own, outside the workspace, since its library is made for
// another version of quic-go than Fairlead's.
//
//	webtransport serve CERTIFICATE     writes its address, and serves sessions at /session
//	webtransport talk URL              has a session with such a server, and writes what went wrong
//	webtransport hold URL DURATION     has one in which nothing but a datagram now and then passes
package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/quic-go/quic-go/http3"
	"github.com/quic-go/webtransport-go"
)

func main() {
	err := errors.New("usage: webtransport serve CERTIFICATE | talk URL | hold URL DURATION")
	switch {
	case len(os.Args) == 3 && os.Args[1] == "serve":
		err = serve(os.Args[2])
	case len(os.Args) == 3 && os.Args[1] == "talk":
		err = talk(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "hold":
		var d time.Duration
		if d, err = time.ParseDuration(os.Args[3]); err == nil {
			err = hold(os.Args[2], d)
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// serve takes sessions: it sends back what comes on streams and in datagrams,
// opens a stream of each kind by itself, and ends a session that asks for it.
func serve(cert string) error {
	pair, err := tls.LoadX509KeyPair(cert, cert+".key")
	if err != nil {
		return err
	}
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	s := &webtransport.Server{
		H3:          &http3.Server{TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{pair}}), Handler: mux},
		CheckOrigin: func(*http.Request) bool { return true },
	}
	webtransport.ConfigureHTTP3Server(s.H3)
	mux.HandleFunc("/session", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") == "" {
			w.WriteHeader(http.StatusBadRequest) // no rule has seen it
			return
		}
		x, err := s.Upgrade(w, r)
		if err != nil {
			fmt.Println(err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		session(x)
	})
	mux.HandleFunc("/refused", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	fmt.Println("serving at", socket.LocalAddr())
	return s.Serve(socket)
}

func session(x *webtransport.Session) {
	ctx := x.Context()
	if own, err := x.OpenStream(); err == nil { // at once: it may overtake the answer
		io.WriteString(own, "from the server")
		own.Close()
	}
	if own, err := x.OpenUniStream(); err == nil {
		io.WriteString(own, "one way")
		own.Close()
	}
	go func() {
		for {
			b, err := x.ReceiveDatagram(ctx)
			if err != nil {
				return
			}
			x.SendDatagram(append([]byte("echo "), b...))
		}
	}()
	go func() {
		for {
			in, err := x.AcceptUniStream(ctx)
			if err != nil {
				return
			}
			go answer(x, in)
		}
	}()
	for {
		q, err := x.AcceptStream(ctx)
		if err != nil {
			var ended *webtransport.SessionError
			if errors.As(err, &ended) {
				fmt.Println("a session ended with", ended.ErrorCode, ended.Message)
			}
			return
		}
		go echo(x, q)
	}
}

func answer(x *webtransport.Session, in *webtransport.ReceiveStream) {
	b, err := io.ReadAll(in)
	if err == nil {
		say(x, "back "+string(b))
	}
}

// say sends a text on a stream of its own.
func say(x *webtransport.Session, text string) {
	out, err := x.OpenUniStreamSync(x.Context())
	if err != nil {
		return
	}
	io.WriteString(out, text)
	out.Close()
}

func echo(x *webtransport.Session, q *webtransport.Stream) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(q, head); err != nil {
		return
	}
	switch string(head) {
	case "stop":
		q.CancelRead(7)
		q.CancelWrite(8)
	case "quit":
		x.CloseWithError(42, "as you wish")
	default:
		q.Write(head)
		_, err := io.Copy(q, q)
		q.Close()
		var reset *webtransport.StreamError
		if errors.As(err, &reset) {
			say(x, fmt.Sprint("reset ", reset.ErrorCode))
		}
	}
}
